import type { ContainerStatus, Pod } from '@solo-kubelet/pod-spec';
import { isSidecar } from '../restart-decision.js';

export interface StatusesOfContainers {
  readonly containerStatuses: readonly ContainerStatus[];
  readonly initContainerStatuses: readonly ContainerStatus[];
}

/**
 * Gives every container of a pod that has ended a terminated state: nobody knows whether a container without one succeeded, so it counts as failed.
 * Containers that can't have been started (behind an init container that never finished) stay waiting. Upstream: status_manager.go TerminatePod.
 */
export const terminateContainers = (pod: Pod, statuses: StatusesOfContainers): StatusesOfContainers => ({
  containerStatuses: hasInitialized(pod, statuses) ? statuses.containerStatuses.map(asTerminated) : statuses.containerStatuses,
  initContainerStatuses: withoutWaitingSuffix(statuses.initContainerStatuses),
});

const asTerminated = (status: ContainerStatus): ContainerStatus =>
  status.state?.terminated !== undefined
    ? status
    : {
        ...status,
        state: {
          terminated: {
            exitCode: 137,
            reason: 'ContainerStatusUnknown',
            message: 'The container could not be located when the pod was terminated',
          },
        },
        ready: false,
        started: false,
      };

const hasStarted = ({ state, lastState }: ContainerStatus): boolean => state?.waiting === undefined || lastState?.terminated !== undefined;

const hasInitialized = (pod: Pod, { containerStatuses, initContainerStatuses }: StatusesOfContainers): boolean => {
  const lastInit = pod.spec.initContainers?.at(-1);
  if (lastInit === undefined || containerStatuses.some(hasStarted)) return true;
  const status = initContainerStatuses.find(({ name }) => name === lastInit.name);
  if (isSidecar(lastInit)) return status?.state?.running !== undefined && status.started === true;
  return status?.state?.terminated?.exitCode === 0 || status?.lastState?.terminated?.exitCode === 0;
};

/** The first init container counts as begun even if nothing is known of it, as upstream has it. */
const withoutWaitingSuffix = (statuses: readonly ContainerStatus[]): readonly ContainerStatus[] => {
  const begun = Math.max(
    0,
    statuses.findLastIndex((status) => hasStarted(status)),
  );
  return statuses.map((status, index) => (index <= begun ? asTerminated(status) : status));
};
