import type { ContainerStatus, PodStatus } from '@solo-kubelet/pod-spec';
import { isLive, type ObservedPod } from '../observed-pod.js';
import { isTerminal } from '../termination.js';

/**
 * The status as others see it: a pod is Succeeded or Failed only once nothing of it runs any more. Until then, while its sidecars end or its deadline
 * is carried out, it keeps the phase that it had. Upstream holds the phase back where it tells the API server (pkg/kubelet/status/status_manager.go,
 * mergePodStatus), which its `/pods` forgets (docs/decisions/110).
 */
export const shownStatus = (status: PodStatus, observed: ObservedPod | undefined): PodStatus => {
  if (!isTerminal(status) || observed?.containers.some(isLive) !== true) return status;
  const { reason, message, ...rest } = status;
  return { ...rest, phase: status.containerStatuses?.some(hasRun) === true ? 'Running' : 'Pending' };
};

const hasRun = ({ state, lastState }: ContainerStatus): boolean =>
  (state?.running ?? state?.terminated ?? lastState?.terminated) !== undefined;
