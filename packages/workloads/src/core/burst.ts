import { hasEnded, type ObservedPod } from './pod-state.js';

/** As many Pods as upstream's controllers make at once (replicaset BurstReplicas, job MaxPodCreateDeletePerSync). */
const MAX_STARTING = 500;

/**
 * How many of the missing Pods may be made now. A node, unlike a cluster, never has room for them all: those that wait to be started are kept to what
 * upstream makes at once, and others follow as these start, so that no number in a document can take all of the memory.
 * `making`: how many are to be made already, which are not among those missing.
 */
export const burst = (pods: readonly ObservedPod[], missing: number, making = 0): number => {
  const starting = pods.filter((pod) => !hasEnded(pod) && pod.status?.phase !== 'Running').length;
  return Math.max(Math.min(missing, MAX_STARTING - starting - making), 0);
};
