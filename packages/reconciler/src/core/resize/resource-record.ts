import type { ResourceRequirements } from '@solo-kubelet/pod-spec';
import type { PodWorkerState } from '../pod-worker-state.js';
import { allocate } from './allocate.js';
import { type PodResources, resourcesOfPod } from './pod-resources.js';

/** What a pod has been allocated and what its cgroups are held to: no runtime tells it exactly. */
export interface ResourceRecord {
  readonly allocated: PodResources;
  /** By container name. */
  readonly actuated: Readonly<Record<string, ResourceRequirements>>;
  readonly podCgroup?: PodResources | undefined;
  /** What they may be held to instead, since the outcome of a call was not known. Absent: nothing, or an older version wrote the record. */
  readonly unconfirmed?: Readonly<Record<string, ResourceRequirements>>;
  readonly podUnconfirmed?: PodResources | undefined;
}

/** Undefined while nobody knows. */
export const resourceRecord = (workerState: PodWorkerState): ResourceRecord | undefined => {
  const { pod, allocatedBefore, actuated, podCgroup, unconfirmed, podUnconfirmed } = allocate(workerState);
  const allocated = pod === undefined ? allocatedBefore : resourcesOfPod(pod);
  return (
    allocated && {
      allocated,
      actuated: Object.fromEntries(actuated),
      ...(podCgroup && { podCgroup }),
      ...(unconfirmed.size > 0 && { unconfirmed: Object.fromEntries(unconfirmed) }),
      ...(podUnconfirmed && { podUnconfirmed }),
    }
  );
};
