import { type Container, podCgroup, quantityValue, type ResourceRequirements } from '@solo-kubelet/pod-spec';
import { allContainers } from '../all-containers.js';
import { newestContainer, newestSandbox, type ObservedContainer, type ObservedPod } from '../observed-pod.js';
import type { RunningPodInput } from '../pod-sync-input.js';
import type { PodWorkerState } from '../pod-worker-state.js';
import {
  heldTo,
  largerResources,
  type PodResources,
  requestsAsWhole,
  resourcesOfPod,
  sameQuantity,
  sameResources,
  withResources,
} from './pod-resources.js';

type ResizeInput = Pick<RunningPodInput, 'pod' | 'workerState' | 'observed'>;

/** A running container whose cgroup has other amounts than those that are allocated to it. */
export interface ResizedContainer {
  readonly container: Container;
  readonly observed: ObservedContainer;
}

export const resizedContainers = (input: ResizeInput): readonly ResizedContainer[] =>
  allContainers(input.pod).flatMap((container) => {
    const observed = newestContainer(input.observed, container.name);
    return observed?.state === 'running' && isResized(input, container) ? [{ container, observed }] : [];
  });

/** Only what has been sent counts, since a runtime reports amounts rounded. */
export const isResized = ({ pod, workerState }: Pick<ResizeInput, 'pod' | 'workerState'>, container: Container): boolean => {
  const has = workerState.actuated.get(container.name);
  return has !== undefined && (workerState.unconfirmed.has(container.name) || !sameResources(has, heldTo(pod, container)));
};

/** What a container may be held to: what was last sent, and what may have been. */
export const mayHave = ({ actuated, unconfirmed }: PodWorkerState, name: string): readonly ResourceRequirements[] =>
  [actuated.get(name), unconfirmed.get(name)].filter((has) => has !== undefined);

/** The same of the pod as a whole. */
export const podMayHave = ({ podCgroup: has, podUnconfirmed }: PodWorkerState): readonly PodResources[] =>
  [has, podUnconfirmed].filter((resources) => resources !== undefined);

/** `cpu`, `memory` or both. */
export const resizedNames = ({ pod, workerState }: ResizeInput, container: Container): readonly string[] => {
  const is = heldTo(pod, container);
  return ['cpu', 'memory'].filter((name) =>
    mayHave(workerState, container.name).some(
      (has) => !sameQuantity(has.requests?.[name], is.requests?.[name]) || !sameQuantity(has.limits?.[name], is.limits?.[name]),
    ),
  );
};

/** Its cgroup lives as long as the sandbox, whether a container runs or not. */
export const hasReadySandbox = (observed: ObservedPod | undefined): boolean => newestSandbox(observed)?.state === 'ready';

/** Whether the cgroup of the pod as a whole has other limits than those of what is allocated. */
export const isPodResized = ({ pod, workerState, observed }: ResizeInput): boolean => {
  if (workerState.podCgroup === undefined || !hasReadySandbox(observed)) return false;
  if (workerState.podUnconfirmed !== undefined) return true;
  const had = withResources(pod, workerState.podCgroup);
  const { hugePageLimit: _, ...has } = podCgroup(had);
  const { hugePageLimit: __, ...is } = podCgroup(pod);
  // Not all that it asks for is in its cgroup; what was last sent counts in admission.
  const asks = sameResources({ requests: requestsAsWhole(had) }, { requests: requestsAsWhole(pod) });
  return !asks || has.cpuShares !== is.cpuShares || has.cpuQuota !== is.cpuQuota || has.memory !== is.memory;
};

export const isResizing = (input: ResizeInput): boolean => resizedContainers(input).length > 0 || isPodResized(input);

/** The pod with the larger of what each part of it had and is to have. */
export const widestPod = ({ pod, workerState }: ResizeInput): typeof pod => {
  const own = resourcesOfPod(pod);
  const had = podMayHave(workerState);
  const containers = Object.fromEntries(
    allContainers(pod).map((container) => {
      const { name, resources } = container;
      const actual = mayHave(workerState, name).map(({ requests = {}, limits = {} }) => ({
        requests,
        // Of the limits that a container was held to, those that it does not name are the pod's.
        limits: Object.fromEntries(Object.entries(limits).filter(([key]) => resources?.limits?.[key] !== undefined)),
      }));
      const all = [...had.map(({ containers: its }) => its[name] ?? {}), ...actual];
      return [name, { ...resources, ...all.reduce<ResourceRequirements>(largerResources, resources ?? {}) }];
    }),
  );
  const wholes = had.flatMap(({ pod: whole }) => (whole === undefined ? [] : [whole]));
  const ofPod = own.pod === undefined && wholes.length === 0 ? {} : { pod: wholes.reduce<ResourceRequirements>(largerPart, own.pod ?? {}) };
  return withResources(pod, { containers, ...ofPod });
};

const largerPart = (own: ResourceRequirements, had: ResourceRequirements): ResourceRequirements => ({
  ...own,
  ...largerResources(own, had),
});

/** The memory limit of the pod's cgroup when it is to be lower than it was, bytes. */
export const loweredPodMemory = ({ pod, workerState }: ResizeInput): number | undefined => {
  const after = podCgroup(pod).memory;
  const lowered = podMayHave(workerState).some((had) => isLowered(podCgroup(withResources(pod, had)).memory, after));
  return after !== undefined && lowered ? Number(after) : undefined;
};

/** The same of one container. */
export const loweredMemory = ({ pod, workerState }: ResizeInput, container: Container): number | undefined => {
  const limitOf = ({ limits }: ResourceRequirements): bigint | undefined =>
    limits?.['memory'] === undefined ? undefined : quantityValue(limits['memory']);
  const after = limitOf(heldTo(pod, container));
  const had = mayHave(workerState, container.name);
  const lowered = had.length === 0 ? isLowered(undefined, after) : had.some((has) => isLowered(limitOf(has), after));
  return after !== undefined && lowered ? Number(after) : undefined;
};

/** Of memory limits, bytes; none, or 0, is no limit. */
const isLowered = (before: bigint | undefined = 0n, after: bigint | undefined = 0n): boolean =>
  after > 0n && (before <= 0n || before > after);
