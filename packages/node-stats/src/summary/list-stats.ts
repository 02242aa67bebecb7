import type { ContainerStats as CriContainerStats, PodSandboxStats } from '@solo-kubelet/cri-types';
import type { RuntimeStats } from '../runtime-stats.js';

/** What the runtime measured of one pod. */
export interface SandboxMeasurements {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  /** Undefined where the runtime has measurements of containers only. */
  readonly linux: PodSandboxStats['linux'];
  readonly containers: readonly CriContainerStats[];
}

/** Pod measurements where the runtime has them; else container measurements grouped by their labels. */
export const listStats = async (cri: RuntimeStats, signal: AbortSignal): Promise<readonly SandboxMeasurements[]> => {
  const stats = await podSandboxStats(cri, { signal });
  return stats === undefined ? containersByPod(cri, { signal }) : latestSandboxes(stats);
};

/** Undefined where the runtime has no measurements of pods. */
const podSandboxStats = async (
  cri: RuntimeStats,
  options: { readonly signal: AbortSignal },
): Promise<readonly PodSandboxStats[] | undefined> => {
  try {
    return (await cri.runtime.listPodSandboxStats({}, options)).stats;
  } catch (error) {
    const { code } = error as { readonly code?: string };
    if (code === 'CRI_UNIMPLEMENTED') return undefined;
    if (code !== 'CRI_UNKNOWN' && code !== 'CRI_INTERNAL' && code !== 'CRI_NOT_FOUND') throw error;
    return statsOfEach(cri, options);
  }
};

/** containerd 1.6 fails the whole list while any pod has ended, others while one vanishes; asked one by one, they tell of those that have not. */
const statsOfEach = async (cri: RuntimeStats, options: { readonly signal: AbortSignal }): Promise<readonly PodSandboxStats[]> => {
  const { items } = await cri.runtime.listPodSandbox({}, options);
  const asked = await Promise.allSettled(items.map(({ id }) => cri.runtime.podSandboxStats({ podSandboxId: id }, options)));
  options.signal.throwIfAborted();
  return asked.flatMap((answer) => (answer.status === 'fulfilled' && answer.value.stats ? [answer.value.stats] : []));
};

const latestSandboxes = (stats: readonly PodSandboxStats[]): readonly SandboxMeasurements[] =>
  latestBy(
    stats,
    ({ attributes }) => attributes?.metadata?.uid ?? '',
    ({ attributes }) => attributes?.metadata?.attempt ?? 0,
  ).map(({ attributes, linux }) => ({
    uid: attributes?.metadata?.uid ?? '',
    name: attributes?.metadata?.name ?? '',
    namespace: attributes?.metadata?.namespace ?? '',
    linux,
    containers: latestContainers(linux?.containers ?? []),
  }));

const containersByPod = async (cri: RuntimeStats, options: { readonly signal: AbortSignal }): Promise<readonly SandboxMeasurements[]> => {
  const { stats } = await cri.runtime.listContainerStats({}, options);
  const pods = new Map<string, SandboxMeasurements & { readonly containers: CriContainerStats[] }>();
  for (const one of stats) {
    const labels = one.attributes?.labels ?? {};
    const uid = labels['io.kubernetes.pod.uid'] ?? '';
    const pod = pods.get(uid) ?? {
      uid,
      name: labels['io.kubernetes.pod.name'] ?? '',
      namespace: labels['io.kubernetes.pod.namespace'] ?? '',
      linux: undefined,
      containers: [],
    };
    pods.set(uid, pod);
    pod.containers.push(one);
  }
  return [...pods.values()].map((pod) => ({ ...pod, containers: latestContainers(pod.containers) }));
};

const latestContainers = (containers: readonly CriContainerStats[]): readonly CriContainerStats[] =>
  latestBy(
    containers,
    ({ attributes }) => attributes?.metadata?.name ?? '',
    ({ attributes }) => attributes?.metadata?.attempt ?? 0,
  );

/** Runtimes also tell of what has ended: of each pod and each container only the latest attempt counts. */
const latestBy = <T>(items: readonly T[], key: (item: T) => string, attempt: (item: T) => number): readonly T[] => {
  const latest = new Map<string, T>();
  for (const item of items) {
    const other = latest.get(key(item));
    if (other === undefined || attempt(item) >= attempt(other)) latest.set(key(item), item);
  }
  return [...latest.values()];
};
