import type { PodStatus } from '@solo-kubelet/pod-spec';
import { isOfCluster } from '../cluster-pod.js';
import type { DesiredPod } from '../desired-state.js';
import { isTerminal } from '../termination.js';

/**
 * What is known of a pod's status once its API server has been heard. What an earlier kubelet told it that left no record here goes on from there:
 * counts, times and an end; a status that nobody has reported yet has no `startTime`. And an end that the server knows of is one, whoever wrote it
 * (the collector of a node that was out of service, somebody with `kubectl`): what still runs of the pod is ended, with its own grace. Upstream:
 * UpdatePod in pkg/kubelet/pod_workers.go, generateAPIPodStatus in pkg/kubelet/kubelet_pods.go.
 */
export const knownStatus = (
  known: PodStatus | undefined,
  desired: Pick<DesiredPod, 'pod' | 'origin'> | undefined,
): PodStatus | undefined => {
  const told = isOfCluster(desired?.origin) ? desired?.pod.status : undefined;
  if (told === undefined || isTerminal(known)) return known;
  if (known === undefined) return told.startTime !== undefined || isTerminal(told) ? told : undefined;
  if (!isTerminal(told)) return known;
  const { phase, reason, message } = told;
  return { ...known, phase, ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }) };
};
