import { ContainerState } from '@solo-kubelet/cri-types';
import {
  type Container,
  type ContainerFilter,
  ImageSpec,
  type LinuxContainerResources,
  type RuntimeServiceDefinition,
} from '../gen/cri-v1.js';
import { completeContainerConfig, completeSandboxConfig, type FakeRuntime } from './fake-runtime.js';
import { idMatches, labelsMatch } from './labels.js';
import type { Personality } from './personality.js';
import type { ContainerRecord } from './records.js';
import { RpcError } from './rpc-error.js';
import type { ServiceImplementation } from './rpc-server.js';
import { containerInfo, type InfoStyle } from './verbose-info.js';
import { toContainer, toContainerStatus } from './wire-views.js';

type Containers = Pick<
  ServiceImplementation<typeof RuntimeServiceDefinition>,
  | 'createContainer'
  | 'startContainer'
  | 'stopContainer'
  | 'removeContainer'
  | 'listContainers'
  | 'streamContainers'
  | 'containerStatus'
  | 'updateContainerResources'
  | 'reopenContainerLog'
  | 'checkpointContainer'
>;

const selectContainers = (runtime: FakeRuntime, filter: Partial<ContainerFilter> | undefined): readonly ContainerRecord[] =>
  [...runtime.containers.values()].filter(
    ({ id, state, sandbox, config }) =>
      idMatches(id, filter?.id) &&
      idMatches(sandbox.id, filter?.podSandboxId) &&
      (filter?.state === undefined || filter.state.state === state) &&
      labelsMatch(config.labels, filter?.labelSelector),
  );

/** An update changes what it names; zero and empty leave a value alone. */
const mergeResources = (current: LinuxContainerResources | undefined, update: LinuxContainerResources): LinuxContainerResources => {
  const named = Object.fromEntries(
    Object.entries(update).filter(
      ([, value]) => value !== 0n && value !== '' && !(typeof value === 'object' && Object.keys(value ?? {}).length === 0),
    ),
  );
  return { ...(current ?? update), ...named };
};

/** CRI-O lists a container as made when it began with it, and tells in its status when it was done. */
const CRIO_CREATES_FOR_NS = 400_000_000n;

export const containerRpcs = (runtime: FakeRuntime, infoStyle: InfoStyle, personality: Personality): Containers => {
  const listed = (record: ContainerRecord): Container => {
    const container = toContainer(record);
    if (personality === 'containerd') return container;
    return {
      ...container,
      createdAt: record.createdAt - CRIO_CREATES_FOR_NS,
      image: { ...ImageSpec.fromPartial({}), image: record.imageId },
    };
  };
  return {
    createContainer: ({ podSandboxId, config, sandboxConfig }) => ({
      containerId: runtime.createContainer(podSandboxId, config ?? completeContainerConfig({}), sandboxConfig ?? completeSandboxConfig({}))
        .id,
    }),
    startContainer: async ({ containerId }, { signal }) => {
      await runtime.startContainer(containerId, signal);
      return {};
    },
    stopContainer: async ({ containerId, timeout }, { signal }) => {
      await runtime.stopContainer(containerId, Number(timeout), signal);
      return {};
    },
    removeContainer: ({ containerId }) => {
      runtime.removeContainer(containerId);
      return {};
    },
    listContainers: ({ filter }) => ({ containers: selectContainers(runtime, filter).map(listed) }),
    streamContainers: async function* ({ filter }) {
      for (const record of selectContainers(runtime, filter)) yield { containers: [listed(record)] };
    },
    containerStatus: ({ containerId, verbose }) => {
      const record = runtime.container(containerId);
      return { status: toContainerStatus(record, runtime.logPath(record)), info: verbose ? containerInfo(record, infoStyle) : {} };
    },
    updateContainerResources: ({ containerId, linux }) => {
      const record = runtime.container(containerId);
      if (record.state === ContainerState.CONTAINER_EXITED) throw new RpcError('UNKNOWN', 'container is in CONTAINER_EXITED state');
      if (linux !== undefined) record.resources = mergeResources(record.resources, linux);
      return {};
    },
    reopenContainerLog: ({ containerId }) => {
      const record = runtime.container(containerId);
      if (record.state !== ContainerState.CONTAINER_RUNNING) throw new RpcError('UNKNOWN', 'container is not running');
      runtime.log(record)?.reopen();
      return {};
    },
    checkpointContainer: ({ containerId }) => {
      runtime.container(containerId);
      return {};
    },
  };
};
