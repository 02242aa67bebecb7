import type { ContainerStatus, PodStatus } from '@solo-kubelet/pod-spec';
import { isLive } from '../observed-pod.js';
import type { PodState } from '../state/pod-state.js';
import { isTerminal } from '../termination.js';

export interface ReportedBefore {
  /** Whether the runtime has been looked at, and what earlier processes left has been read. */
  readonly looked: boolean;
  /** As others last saw it, in this life of the pod. Undefined: not yet. */
  readonly shown: PodStatus | undefined;
}

const NOT_KNOWN: PodStatus = { phase: 'Pending' };

/**
 * The status as others see it: a pod is Succeeded or Failed only once nothing of it runs any more, or may still come to run because a sync is at work on
 * it. Until then, while its sidecars end or its deadline is carried out, it keeps the phase that it had; from then on it is ended for good, whatever
 * comes to light. Upstream holds the phase back where it tells the API server (pkg/kubelet/status/status_manager.go, mergePodStatus), which its `/pods`
 * forgets (docs/decisions/110).
 *
 * Before anybody has looked at the runtime, what an earlier process knew of a pod that ran tells nothing of whether it still does: the machine may have
 * started anew meanwhile. That goes for one too whose end was decided while something of it still ran.
 */
export const reportedStatus = ({ status, inputs }: Pick<PodState, 'inputs' | 'status'>, { looked, shown }: ReportedBefore): PodStatus => {
  if (status === undefined) return NOT_KNOWN;
  if (!looked) return isTerminal(status) && !tellsOfRunning(status) ? status : NOT_KNOWN;
  if (!isTerminal(status) || isTerminal(shown) || hasEnded(inputs, status)) return status;
  const { reason, message, ...rest } = status;
  return { ...rest, phase: status.containerStatuses?.some(hasRun) === true ? 'Running' : 'Pending' };
};

const hasEnded = ({ observed, sight }: PodState['inputs'], status: PodStatus): boolean =>
  sight !== 'unsettled' && observed?.containers.some(isLive) !== true && (sight === 'settled' || !tellsOfRunning(status));

const tellsOfRunning = ({ initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] }: PodStatus): boolean =>
  [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].some(({ state }) => state?.running !== undefined);

const hasRun = ({ state, lastState }: ContainerStatus): boolean =>
  (state?.running ?? state?.terminated ?? lastState?.terminated) !== undefined;
