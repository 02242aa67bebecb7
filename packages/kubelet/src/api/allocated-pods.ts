import type { Pod } from '@solo-kubelet/pod-spec';
import type { PodView } from '@solo-kubelet/reconciler';

/** Pods that hold something of the node, as it is allocated to them: not those that were refused, nor those that have ended. */
export const allocatedPods = (views: readonly PodView[]): readonly Pod[] =>
  views.flatMap(({ pod, allocated = pod, origin, returns }) => {
    const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    return origin === undefined || ended || returns !== undefined ? [] : [allocated];
  });
