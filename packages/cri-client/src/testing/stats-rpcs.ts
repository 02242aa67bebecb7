import { ContainerState } from '@solo-kubelet/cri-types';
import {
  type ContainerStats,
  ContainerStats as ContainerStatsCodec,
  type ContainerStatsFilter,
  type PodSandboxStats,
  PodSandboxStats as PodSandboxStatsCodec,
  type PodSandboxStatsFilter,
  type RuntimeServiceDefinition,
} from '../gen/cri-v1.js';
import type { FakeRuntime } from './fake-runtime.js';
import { idMatches, labelsMatch } from './labels.js';
import type { ContainerRecord, SandboxRecord } from './records.js';
import type { ServiceImplementation } from './rpc-server.js';
import { selectSandboxes } from './sandbox-rpcs.js';

type Stats = Pick<
  ServiceImplementation<typeof RuntimeServiceDefinition>,
  'containerStats' | 'listContainerStats' | 'streamContainerStats' | 'podSandboxStats' | 'listPodSandboxStats' | 'streamPodSandboxStats'
>;

const MIB = 1024n * 1024n;
/** Each running container uses a hundredth of a core and 8 MiB. */
const NANO_CORES = 10_000_000n;
const WORKING_SET_BYTES = 8n * MIB;

const cpuOf = (startedAt: bigint, timestamp: bigint) => ({
  timestamp,
  usageCoreNanoSeconds: { value: ((timestamp - startedAt) * NANO_CORES) / 1_000_000_000n },
  usageNanoCores: { value: NANO_CORES },
});

const memoryOf = (timestamp: bigint, containers: bigint) => ({
  timestamp,
  workingSetBytes: { value: containers * WORKING_SET_BYTES },
  usageBytes: { value: containers * WORKING_SET_BYTES + MIB },
  rssBytes: { value: containers * WORKING_SET_BYTES },
  pageFaults: { value: 100n },
  majorPageFaults: { value: 1n },
});

export const statsRpcs = (runtime: FakeRuntime): Stats => {
  const containerStats = (record: ContainerRecord): ContainerStats => {
    const { id, config, startedAt, script, state } = record;
    const timestamp = runtime.nowNs();
    const running = state === ContainerState.CONTAINER_RUNNING;
    const figures = ContainerStatsCodec.fromPartial({
      attributes: { id, metadata: config.metadata, labels: config.labels, annotations: config.annotations },
      cpu: running ? cpuOf(startedAt, timestamp) : undefined,
      memory: running ? memoryOf(timestamp, 1n) : undefined,
      writableLayer: { timestamp, fsId: { mountpoint: '/' }, usedBytes: { value: 4_096n }, inodesUsed: { value: 8n } },
    });
    return { ...figures, ...script.stats };
  };
  const selectContainers = (filter: Partial<ContainerStatsFilter> | undefined): ContainerStats[] =>
    [...runtime.containers.values()]
      .filter(
        ({ id, sandbox, config, state }) =>
          state === ContainerState.CONTAINER_RUNNING &&
          idMatches(id, filter?.id) &&
          idMatches(sandbox.id, filter?.podSandboxId) &&
          labelsMatch(config.labels, filter?.labelSelector),
      )
      .map(containerStats);

  const sandboxStats = (record: SandboxRecord): PodSandboxStats => {
    const timestamp = runtime.nowNs();
    const containers = selectContainers({ podSandboxId: record.id });
    const count = BigInt(containers.length);
    return PodSandboxStatsCodec.fromPartial({
      attributes: {
        id: record.id,
        metadata: record.config.metadata,
        labels: record.config.labels,
        annotations: record.config.annotations,
      },
      linux: {
        cpu: cpuOf(record.createdAt, timestamp),
        memory: memoryOf(timestamp, count),
        network: {
          timestamp,
          defaultInterface: {
            name: 'eth0',
            rxBytes: { value: 1_000n },
            txBytes: { value: 500n },
            rxErrors: { value: 0n },
            txErrors: { value: 0n },
          },
        },
        process: { timestamp, processCount: { value: count + 1n } },
        containers,
      },
    });
  };
  const selectPods = (filter: Partial<PodSandboxStatsFilter> | undefined): PodSandboxStats[] =>
    selectSandboxes(runtime, { id: filter?.id, labelSelector: filter?.labelSelector }).map(sandboxStats);

  return {
    containerStats: ({ containerId }) => ({ stats: containerStats(runtime.container(containerId)) }),
    listContainerStats: ({ filter }) => ({ stats: selectContainers(filter) }),
    streamContainerStats: async function* ({ filter }) {
      for (const stats of selectContainers(filter)) yield { containerStats: [stats] };
    },
    podSandboxStats: ({ podSandboxId }) => ({ stats: sandboxStats(runtime.sandbox(podSandboxId)) }),
    listPodSandboxStats: ({ filter }) => ({ stats: selectPods(filter) }),
    streamPodSandboxStats: async function* ({ filter }) {
      for (const stats of selectPods(filter)) yield { podSandboxStats: [stats] };
    },
  };
};
