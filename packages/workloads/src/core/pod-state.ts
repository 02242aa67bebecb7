import type { Pod, PodCondition } from '@solo-kubelet/pod-spec';

/** A Pod as a controller sees it. */
export type ObservedPod = Pick<Pod, 'metadata' | 'spec' | 'status'>;

/** Milliseconds of a time of an object; undefined if it has none. */
export const timeOf = (text: string | null | undefined): number | undefined => (text ? Date.parse(text) : undefined);

export const readyCondition = ({ status }: ObservedPod): PodCondition | undefined =>
  status?.conditions?.find(({ type }) => type === 'Ready');

export const isReady = (pod: ObservedPod): boolean => readyCondition(pod)?.status === 'True';

const hasEnded = ({ status }: ObservedPod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** Neither ended nor being deleted: what counts as a replica. */
export const isActivePod = (pod: ObservedPod): boolean => !hasEnded(pod) && !pod.metadata.deletionTimestamp;
