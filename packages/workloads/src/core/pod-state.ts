import { isSidecar, type Pod, type PodCondition } from '@solo-kubelet/pod-spec';

/** A Pod as a controller sees it. */
export type ObservedPod = Pick<Pod, 'metadata' | 'spec' | 'status'>;

/** Milliseconds of a time of an object; undefined if it has none. */
export const timeOf = (text: string | null | undefined): number | undefined => (text ? Date.parse(text) : undefined);

export const readyCondition = ({ status }: ObservedPod): PodCondition | undefined =>
  status?.conditions?.find(({ type }) => type === 'Ready');

export const isReady = (pod: ObservedPod): boolean => readyCondition(pod)?.status === 'True';

export const hasEnded = ({ status }: ObservedPod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** Neither ended nor being deleted: what counts as a replica. */
export const isActivePod = (pod: ObservedPod): boolean => !hasEnded(pod) && !pod.metadata.deletionTimestamp;

/** When a Pod that has been ready since counts as available; undefined if it is not ready. */
export const availableFromMs = (pod: ObservedPod, minReadySeconds: number): number | undefined => {
  const condition = readyCondition(pod);
  if (condition?.status !== 'True') return undefined;
  if (minReadySeconds <= 0) return Number.NEGATIVE_INFINITY;
  const since = timeOf(condition.lastTransitionTime);
  return since === undefined ? undefined : since + minReadySeconds * 1_000;
};

/** Ready for as long as the workload's minReadySeconds asks. */
export const isAvailable = (pod: ObservedPod, minReadySeconds: number, nowMs: number): boolean => {
  const from = availableFromMs(pod, minReadySeconds);
  return from !== undefined && from <= nowMs;
};

/**
 * When a Pod ended: its last container, sidecars among them, else when it ceased to be ready, else when its end was asked for, else when it was made
 * (job/backoff_utils.go getFinishedTime).
 */
export const finishedMs = (pod: ObservedPod): number => {
  const { metadata, spec, status } = pod;
  const sidecars = new Set((spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
  const statuses = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)),
  ];
  const ends = statuses.map(({ state }) => timeOf(state?.terminated?.finishedAt));
  if (ends.length > 0 && ends.every((end) => end !== undefined)) return Math.max(...ends);
  const ready = readyCondition(pod);
  const unreadyMs = ready?.status === 'False' ? timeOf(ready.lastTransitionTime) : undefined;
  if (unreadyMs !== undefined) return unreadyMs;
  const deletedMs = timeOf(metadata.deletionTimestamp);
  if (deletedMs !== undefined) return deletedMs - Number(metadata.deletionGracePeriodSeconds ?? 0) * 1_000;
  return timeOf(metadata.creationTimestamp) ?? 0;
};

/** Being deleted, and not ended yet. */
export const isTerminatingPod = (pod: ObservedPod): boolean => !hasEnded(pod) && Boolean(pod.metadata.deletionTimestamp);
