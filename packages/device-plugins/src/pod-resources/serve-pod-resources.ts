import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { status } from '@grpc/grpc-js';
import { isSidecar, type Pod } from '@solo-kubelet/pod-spec';
import type { DeviceInstance } from '../device-manager.js';
import {
  type AllocatableResourcesResponse,
  type ContainerDevices,
  type ContainerMemory,
  type ContainerResources,
  type GetPodResourcesRequest,
  type GetPodResourcesResponse,
  type ListPodResourcesResponse,
  type PodResources,
  PodResourcesListerService,
  type TopologyInfo,
} from '../gen/pod-resources.js';
import { answer, RpcFailure } from '../rpc/answer.js';
import { serveSocket } from '../rpc/serve-socket.js';
import type { MemoryBlock, PodResourcesSource } from './pod-resources-source.js';
import { createRateLimit } from './rate-limit.js';

export interface PodResourcesServerOptions {
  /** `<root>/pod-resources/kubelet.sock`; its directory is made when it is missing. */
  readonly path: string;
  readonly source: PodResourcesSource;
  /** Milliseconds of a clock that never goes back. Default `performance.now`. */
  readonly now?: () => number;
}

/** Serves the PodResources API v1, at most 100 calls a second as upstream. */
export const servePodResources = async ({
  path,
  source,
  now = () => performance.now(),
}: PodResourcesServerOptions): Promise<AsyncDisposable> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  const admit = createRateLimit({ perSecond: 100, burst: 10, now });
  const limited =
    <Request, Reply>(reply: (request: Request) => Reply) =>
    (request: Request): Reply => {
      if (!admit()) throw new RpcFailure(status.RESOURCE_EXHAUSTED, 'rejected by rate limit');
      return reply(request);
    };
  const implementation = {
    list: answer(limited((): ListPodResourcesResponse => ({ podResources: source.pods().map((pod) => podResources(pod, source)) }))),
    get: answer(
      limited(({ podName, podNamespace }: GetPodResourcesRequest): GetPodResourcesResponse => {
        const pod = source.pods().find(({ metadata }) => metadata.name === podName && metadata.namespace === podNamespace);
        if (pod === undefined) throw new RpcFailure(status.UNKNOWN, `pod ${podName} in namespace ${podNamespace} not found`);
        return { podResources: podResources(pod, source) };
      }),
    ),
    getAllocatableResources: answer(
      limited(
        (): AllocatableResourcesResponse => ({
          devices: source.allocatableDevices().map(toContainerDevices),
          cpuIds: (source.allocatableCpus?.() ?? []).map(BigInt),
          memory: (source.allocatableMemory?.() ?? []).map(toContainerMemory),
        }),
      ),
    ),
  };
  return serveSocket(path, [{ definition: PodResourcesListerService, implementation }]);
};

/** Init containers that end are left out: what they had is their pod's again. */
const podResources = ({ metadata, spec }: Pod, source: PodResourcesSource): PodResources => {
  const containers = [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers].map(
    ({ name }): ContainerResources => ({
      name,
      devices: source.devices(metadata.uid, name).map(toContainerDevices),
      cpuIds: (source.cpus?.(metadata.uid, name) ?? []).map(BigInt),
      memory: (source.memory?.(metadata.uid, name) ?? []).map(toContainerMemory),
      dynamicResources: [],
    }),
  );
  const [podCpus, podMemory] = [source.podCpus?.(metadata.uid) ?? [], source.podMemory?.(metadata.uid) ?? []];
  const cpuIds = podCpus.length === 0 ? [] : [...new Set([...podCpus.map(BigInt), ...containers.flatMap((each) => each.cpuIds)])];
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    containers,
    // As a whole it has what its containers have, too; where it has nothing as a whole, nothing is told.
    cpuIds: cpuIds.sort((a, b) => (a < b ? -1 : 1)),
    memory: podMemory.length === 0 ? [] : [...podMemory.map(toContainerMemory), ...containers.flatMap(({ memory }) => memory)],
  };
};

/** One entry for each device, as upstream. */
const toContainerDevices = ({ resourceName, deviceId, numaNodes }: DeviceInstance): ContainerDevices => ({
  resourceName,
  deviceIds: [deviceId],
  topology: toTopology(numaNodes),
});

const toContainerMemory = ({ type, bytes, numaNodes }: MemoryBlock): ContainerMemory => ({
  memoryType: type,
  size: bytes,
  topology: toTopology(numaNodes),
});

const toTopology = (numaNodes: readonly number[]): TopologyInfo | undefined =>
  numaNodes.length === 0 ? undefined : { nodes: numaNodes.map((node) => ({ ID: BigInt(node) })) };
