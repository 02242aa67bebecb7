import type { PodStatus } from '@solo-kubelet/pod-spec';
import { containerIdUrl } from '../container-facts.js';
import type { ObservedPod } from '../observed-pod.js';
import { isEvicted } from '../termination.js';
import { kubernetesTime } from './kubernetes-time.js';

/**
 * What to believe of the status that an earlier process left. Its start time holds while the runtime still knows every container that the status
 * shows; else somebody has had a hand in the pod meanwhile, and it counts from now (docs/decisions/105).
 * Of an evicted pod nothing is kept but the status.
 */
export const believedStatus = (stored: PodStatus, observed: ObservedPod | undefined, nowMs: number): PodStatus => {
  const known = new Set(observed?.containers.map(containerIdUrl));
  const shown = [...(stored.initContainerStatuses ?? []), ...(stored.containerStatuses ?? [])].flatMap(
    ({ containerID }) => containerID ?? [],
  );
  if (stored.startTime === undefined || isEvicted(stored) || shown.every((id) => known.has(id))) return stored;
  return { ...stored, startTime: kubernetesTime(nowMs) };
};
