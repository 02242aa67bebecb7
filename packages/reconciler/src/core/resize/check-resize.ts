import { type Pod, podQosClass, podRequests, quantityMilliValue, quantityValue } from '@solo-kubelet/pod-spec';
import { checkPod } from '../admission/check-pod.js';
import type { NodeAdmissionFacts } from '../admission/node-admission-facts.js';
import type { Neighbours } from '../admission/occupancy.js';
import { allContainers } from '../all-containers.js';
import { resourcesOfPod, sameQuantity } from './pod-resources.js';
import { resizesSwap } from './swappable.js';

/** Why a resize is not carried out now. `Infeasible`: it never will be on this node. */
export interface ResizePending {
  readonly reason: 'Deferred' | 'Infeasible';
  readonly message: string;
  /** What metrics call the reason (`reason_detail` of pod_infeasible_resizes_total). Absent: upstream doesn't count it. */
  readonly detail?: 'swap_limitation' | 'guaranteed_pod_cpu_manager_static_policy';
}

export interface ResizeRequest {
  /** The pod with what has been allocated to it. */
  readonly allocated: Pod;
  /** The pod as its manifest asks for it. */
  readonly desired: Pod;
  /** Nothing of it has been made yet: then nothing has to be changed in place. */
  readonly started: boolean;
  readonly neighbours: Neighbours;
  readonly node: NodeAdmissionFacts;
}

/** Whether what the manifest asks for can be allocated. Upstream: pkg/kubelet/allocation (handlers.go, canAdmitPod), ValidatePodResize. */
export const checkResize = (request: ResizeRequest): ResizePending | undefined => {
  const { allocated, desired, started, neighbours, node } = request;
  const refused = started ? (neverHere(allocated, desired, node) ?? notInPlace(allocated, desired)) : undefined;
  if (refused !== undefined) return { reason: 'Infeasible', ...refused };
  const beyond = beyondNode(desired, node);
  if (beyond !== undefined) return { reason: 'Infeasible', message: beyond };
  if (!asksForMore(allocated, desired)) return undefined;
  const { pressures: _, ...ready } = node; // a pod that runs already is not kept out by a node that is short
  const refusal = checkPod({ pod: desired, neighbours, node: { ...ready, shuttingDown: false } });
  return refusal && { reason: 'Deferred', message: refusal.message };
};

/** What no running container can be changed to. */
const notInPlace = (allocated: Pod, desired: Pod): Refused | undefined => {
  if (podQosClass(allocated) !== podQosClass(desired)) return { message: 'Pod QOS Class may not change as a result of resizing' };
  const before = resourcesOfPod(allocated);
  const after = resourcesOfPod(desired);
  const names = Object.keys(after.containers).filter((name) => before.containers[name] !== undefined);
  const pairs = [...names.map((name) => [before.containers[name], after.containers[name]] as const), [before.pod, after.pod] as const];
  for (const [from, to] of pairs) {
    for (const kind of ['limits', 'requests'] as const) {
      const removed = Object.keys(from?.[kind] ?? {}).some((name) => to?.[kind]?.[name] === undefined);
      if (removed) return { message: `resource ${kind} cannot be removed` };
      const others = Object.keys(to?.[kind] ?? {}).filter(
        (name) => !inPlace.has(name) && !sameQuantity(from?.[kind]?.[name], to?.[kind]?.[name]),
      );
      if (others.length > 0) return { message: 'only cpu and memory resources are mutable' };
    }
  }
  return undefined;
};

type Refused = Pick<ResizePending, 'message' | 'detail'>;

/** What this node does not do to a pod that runs, in upstream's order. */
const neverHere = (allocated: Pod, desired: Pod, { staticCpuPolicy, limitedSwap }: NodeAdmissionFacts): Refused | undefined => {
  if (limitedSwap === true && resizesSwap(allocated, desired))
    return { message: 'In-place resize of containers with swap is not supported.', detail: 'swap_limitation' };
  const before = resourcesOfPod(allocated).containers;
  const cpuChanges = Object.entries(resourcesOfPod(desired).containers).some(
    ([name, { requests }]) => before[name] !== undefined && !sameQuantity(before[name].requests?.['cpu'], requests?.['cpu']),
  );
  if (staticCpuPolicy !== true || podQosClass(desired) !== 'Guaranteed' || !cpuChanges) return undefined;
  return {
    message: 'Resize is infeasible for Guaranteed Pods alongside CPU Manager policy "static"',
    detail: 'guaranteed_pod_cpu_manager_static_policy',
  };
};

/** Local storage is counted, and enforced by eviction: nothing about a container has to change. */
const inPlace: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);

const beyondNode = (desired: Pod, { allocatable }: NodeAdmissionFacts): string | undefined => {
  const { cpu = '0', memory = '0' } = podRequests(desired);
  const told = (name: string, asked: bigint, there: bigint): string =>
    `Node didn't have enough capacity: ${name}, requested: ${asked}, capacity: ${there}`;
  const [bytes, most] = [quantityValue(memory), allocatable['memory']];
  if (most !== undefined && bytes > quantityValue(most)) return told('memory', bytes, quantityValue(most));
  const [milli, mostCpu] = [quantityMilliValue(cpu), allocatable['cpu']];
  return mostCpu !== undefined && milli > quantityMilliValue(mostCpu) ? told('cpu', milli, quantityMilliValue(mostCpu)) : undefined;
};

/** Who only gives something back always fits. */
export const asksForMore = (allocated: Pod, desired: Pod): boolean => {
  const before = podRequests(allocated);
  const more = Object.entries(podRequests(desired)).some(
    ([name, quantity]) => quantityMilliValue(quantity) > quantityMilliValue(before[name] ?? '0'),
  );
  return more || JSON.stringify(hostPortKeys(allocated)) !== JSON.stringify(hostPortKeys(desired));
};

/** What tells one set of host ports from another. */
export const hostPortKeys = (pod: Pod): readonly unknown[] =>
  allContainers(pod).flatMap(({ ports = [] }) =>
    ports.filter(({ hostPort }) => hostPort !== undefined).map(({ hostPort, protocol, hostIP }) => [hostPort, protocol, hostIP]),
  );
