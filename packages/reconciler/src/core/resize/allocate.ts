import type { ResourceRequirements } from '@solo-kubelet/pod-spec';
import { allContainers } from '../all-containers.js';
import type { PodWorkerState } from '../pod-worker-state.js';
import { heldTo, largerResources, type PodResources, resourcesOfPod, samePodResources, sameResources } from './pod-resources.js';

/** Amounts that fit are allocated to the pod; what may have been sent of those before them and was not confirmed is sent anew, and counts. */
export const allocate = (workerState: PodWorkerState): PodWorkerState => {
  const { allocating, pod: before } = workerState;
  if (allocating === undefined) return workerState;
  const allocated = { ...workerState, pod: allocating.pod, allocating: undefined, resizePending: undefined, resizeFailure: undefined };
  const started = allocating.started || workerState.inPass || workerState.podCgroup !== undefined;
  if (before === undefined || !started) return { ...allocated, resources: 'unknown' };
  // What is not known to have been sent is what was allocated before.
  const had = allContainers(before).map((container) => [container.name, heldTo(before, container)] as const);
  return {
    ...allocated,
    resources: 'unknown',
    actuated: new Map([...had, ...workerState.actuated]),
    podCgroup: workerState.podCgroup ?? resourcesOfPod(before),
    unconfirmed: unconfirmedOf(workerState, had),
    podUnconfirmed: podUnconfirmedOf(workerState, resourcesOfPod(before)),
  };
};

const unconfirmedOf = (
  { actuated, unconfirmed }: PodWorkerState,
  sent: readonly (readonly [string, ResourceRequirements])[],
): PodWorkerState['unconfirmed'] => {
  const open = sent.filter(([name, resources]) => actuated.has(name) && !sameResources(actuated.get(name), resources));
  return open.length === 0
    ? unconfirmed
    : new Map([...unconfirmed, ...open.map(([name, resources]) => [name, largerResources(unconfirmed.get(name), resources)] as const)]);
};

const podUnconfirmedOf = ({ podCgroup, podUnconfirmed }: PodWorkerState, sent: PodResources): PodResources | undefined => {
  if (podCgroup === undefined || samePodResources(podCgroup, sent)) return podUnconfirmed;
  if (podUnconfirmed === undefined) return sent;
  const names = [...new Set([...Object.keys(podUnconfirmed.containers), ...Object.keys(sent.containers)])];
  const containers = Object.fromEntries(
    names.map((name) => [name, largerResources(podUnconfirmed.containers[name], sent.containers[name])]),
  );
  const hasPod = podUnconfirmed.pod !== undefined || sent.pod !== undefined;
  return { containers, ...(hasPod && { pod: largerResources(podUnconfirmed.pod, sent.pod) }) };
};
