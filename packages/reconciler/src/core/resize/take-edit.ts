import type { Pod } from '@solo-kubelet/pod-spec';
import { allContainers } from '../all-containers.js';
import type { PodWorkerState } from '../pod-worker-state.js';
import { hostPortKeys } from './check-resize.js';
import { resourcesOfPod, withResources } from './pod-resources.js';

/**
 * A pod whose manifest is another under the same UID. What an admitted pod has been allocated stays until its manifest's amounts fit; an edit with
 * other containers or host ports waits as a whole.
 */
export const takeEdit = (workerState: PodWorkerState, pod: Pod): PodWorkerState => {
  const before = workerState.pod;
  const admitted = workerState.admission.state === 'admitted';
  const allocated = admitted && before !== undefined ? resourcesOfPod(before) : workerState.allocatedBefore;
  if (allocated === undefined) return { ...workerState, pod };
  const held = admitted && before !== undefined && shapeOf(before) !== shapeOf(pod) ? before : withResources(pod, allocated);
  return {
    ...workerState,
    allocatedBefore: undefined,
    allocating: undefined,
    pod: held,
    ...(held === pod ? { resizePending: undefined } : {}),
  };
};

const shapeOf = (pod: Pod): string => JSON.stringify([allContainers(pod).map(({ name }) => name), hostPortKeys(pod)]);
