import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { ContainerStatus, PodStatus } from '@solo-kubelet/pod-spec';
import { containerIdUrl } from '../container-facts.js';
import type { ObservedPod } from '../observed-pod.js';
import { isTerminal } from '../termination.js';

/**
 * What to believe of the status that an earlier process left. Its start time holds while the runtime still knows every container that the status
 * shows; else somebody has had a hand in the pod meanwhile, and it counts from now (docs/decisions/105). That is found out once: a container that is
 * gone loses its id in the status, and keeps how it ended. The status of a pod that has ended is all there is, and is believed.
 */
export const reconcileStoredStatus = (stored: PodStatus, observed: ObservedPod | undefined, nowMs: number): PodStatus => {
  const { startTime, initContainerStatuses, containerStatuses } = stored;
  if (startTime === undefined || isTerminal(stored)) return stored;
  const known = new Set(observed?.containers.map(containerIdUrl));
  const isGone = ({ containerID }: ContainerStatus): boolean => containerID !== undefined && !known.has(containerID);
  if (![...(initContainerStatuses ?? []), ...(containerStatuses ?? [])].some(isGone)) return stored;
  const withoutId = (statuses: readonly ContainerStatus[]): ContainerStatus[] =>
    statuses.map((status) => {
      const { containerID, ...rest } = status;
      return isGone(status) && status.state?.terminated !== undefined ? rest : status;
    });
  return {
    ...stored,
    startTime: metaTime(nowMs),
    ...(initContainerStatuses && { initContainerStatuses: withoutId(initContainerStatuses) }),
    ...(containerStatuses && { containerStatuses: withoutId(containerStatuses) }),
  };
};
