import type { ResourceRequirements } from '@solo-kubelet/pod-spec';
import { allContainers } from '../all-containers.js';
import type { PodLedger } from '../pod-ledger.js';
import { heldTo, largerResources, type PodResources, resourcesOfPod, samePodResources, sameResources } from './pod-resources.js';

/** Amounts that fit are allocated to the pod; what may have been sent of those before them and was not confirmed is sent anew, and counts. */
export const allocate = (ledger: PodLedger): PodLedger => {
  const { allocating, pod: before } = ledger;
  if (allocating === undefined) return ledger;
  const allocated = { ...ledger, pod: allocating.pod, allocating: undefined, resizePending: undefined, resizeFailure: undefined };
  const started = allocating.started || ledger.inPass || ledger.podCgroup !== undefined;
  if (before === undefined || !started) return { ...allocated, resources: 'unknown' };
  // What is not known to have been sent is what was allocated before.
  const had = allContainers(before).map((container) => [container.name, heldTo(before, container)] as const);
  return {
    ...allocated,
    resources: 'unknown',
    actuated: new Map([...had, ...ledger.actuated]),
    podCgroup: ledger.podCgroup ?? resourcesOfPod(before),
    unconfirmed: unconfirmedOf(ledger, had),
    podUnconfirmed: podUnconfirmedOf(ledger, resourcesOfPod(before)),
  };
};

const unconfirmedOf = (
  { actuated, unconfirmed }: PodLedger,
  sent: readonly (readonly [string, ResourceRequirements])[],
): PodLedger['unconfirmed'] => {
  const open = sent.filter(([name, resources]) => actuated.has(name) && !sameResources(actuated.get(name), resources));
  return open.length === 0
    ? unconfirmed
    : new Map([...unconfirmed, ...open.map(([name, resources]) => [name, largerResources(unconfirmed.get(name), resources)] as const)]);
};

const podUnconfirmedOf = ({ podCgroup, podUnconfirmed }: PodLedger, sent: PodResources): PodResources | undefined => {
  if (podCgroup === undefined || samePodResources(podCgroup, sent)) return podUnconfirmed;
  if (podUnconfirmed === undefined) return sent;
  const names = [...new Set([...Object.keys(podUnconfirmed.containers), ...Object.keys(sent.containers)])];
  const containers = Object.fromEntries(
    names.map((name) => [name, largerResources(podUnconfirmed.containers[name], sent.containers[name])]),
  );
  const hasPod = podUnconfirmed.pod !== undefined || sent.pod !== undefined;
  return { containers, ...(hasPod && { pod: largerResources(podUnconfirmed.pod, sent.pod) }) };
};
