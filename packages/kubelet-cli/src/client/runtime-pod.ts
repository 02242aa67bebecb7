import {
  type Container,
  ContainerState,
  type ContainerStatus,
  type CriClient,
  type PodSandbox,
  PodSandboxState,
} from '@solo-kubelet/cri-client';
import { newestFirst } from '@solo-kubelet/cri-client/logs';
import type { Pod, ContainerStatus as PodContainerStatus } from '@solo-kubelet/pod-spec';
import { OWNER_LABEL } from '@solo-kubelet/reconciler/cri';

/** A pod as far as the runtime's labels and states tell it. */
export const podOfSandbox = async (
  cri: CriClient,
  sandbox: PodSandbox,
  containers: readonly Container[],
  signal: AbortSignal,
): Promise<Pod> => {
  const own = containers.filter(({ podSandboxId }) => podSandboxId === sandbox.id);
  const newest = [...newestBy(own, ({ metadata }) => metadata?.name ?? '').values()];
  const [{ status }, ...answers] = await Promise.all([
    cri.runtime.podSandboxStatus({ podSandboxId: sandbox.id }, { signal }),
    ...newest.map(({ id }) => cri.runtime.containerStatus({ containerId: id }, { signal })),
  ]);
  const containerStatuses = answers.flatMap((answer) => (answer.status === undefined ? [] : [containerStatusOf(answer.status)]));
  const created = timeOf(sandbox.createdAt);
  const isUp = sandbox.state === PodSandboxState.SANDBOX_READY;
  const isReady = isUp && containerStatuses.length > 0 && containerStatuses.every(({ ready }) => ready);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: sandbox.metadata?.name ?? '',
      namespace: sandbox.metadata?.namespace ?? '',
      uid: sandbox.metadata?.uid ?? '',
      creationTimestamp: created,
      labels: sandbox.labels,
    },
    spec: {
      // Our kubelets write the node's name on what they start; of strangers it is not known.
      ...(sandbox.labels[OWNER_LABEL] === undefined ? {} : { nodeName: sandbox.labels[OWNER_LABEL] }),
      // CRI-O's list has the image's id where the status has its name.
      containers: newest.map(({ id, metadata, image }) => ({
        name: metadata?.name ?? '',
        image: answers.find(({ status }) => status?.id === id)?.status?.image?.image || (image?.image ?? ''),
      })),
    },
    status: {
      phase: isUp ? 'Running' : containerStatuses.every(({ state }) => state?.terminated?.exitCode === 0) ? 'Succeeded' : 'Failed',
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
      podIP: status?.network?.ip ?? '',
      startTime: created,
      containerStatuses,
    },
  };
};

/** The newest item of each key. */
export const newestBy = <T extends Container | PodSandbox>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, T> => {
  const newest = new Map<string, T>();
  for (const item of newestFirst(items)) if (!newest.has(key(item))) newest.set(key(item), item);
  return newest;
};

/** Without the kubelet, running is all there is to say of readiness. */
const containerStatusOf = (status: ContainerStatus): PodContainerStatus => {
  const running = status.state === ContainerState.CONTAINER_RUNNING;
  const terminated = {
    exitCode: status.exitCode,
    reason: status.reason,
    message: status.message,
    startedAt: timeOf(status.startedAt),
    finishedAt: timeOf(status.finishedAt),
  };
  return {
    name: status.metadata?.name ?? '',
    image: status.image?.image ?? '',
    imageID: status.imageRef,
    containerID: status.id,
    ready: running,
    started: running,
    restartCount: status.metadata?.attempt ?? 0,
    state: running
      ? { running: { startedAt: timeOf(status.startedAt) } }
      : status.state === ContainerState.CONTAINER_EXITED
        ? { terminated }
        : { waiting: { reason: 'ContainerCreating' } },
  };
};

const timeOf = (nanoseconds: bigint): string => new Date(Number(nanoseconds / 1_000_000n)).toISOString();
