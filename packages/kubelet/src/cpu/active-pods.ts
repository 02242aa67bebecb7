import type { PodUid, PodView } from '@solo-kubelet/reconciler';

/** Pods that run or are about to: neither ended, nor refused, nor on their way out. */
export const activePods = (pods: ReadonlyMap<PodUid, PodView>): readonly PodView[] =>
  [...pods.values()].filter(({ pod, terminating }) => !terminating && pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded');
