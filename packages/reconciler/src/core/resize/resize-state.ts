import { type Container, podCgroup, quantityValue } from '@solo-kubelet/pod-spec';
import { allContainers } from '../container-stop.js';
import { newestContainer, type ObservedContainer } from '../observed-pod.js';
import type { RunningPodInput } from '../pod-sync-input.js';
import { heldTo, largerResources, resourcesOfPod, sameQuantity, sameResources, withResources } from './pod-resources.js';

type ResizeInput = Pick<RunningPodInput, 'pod' | 'ledger' | 'observed'>;

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
export const isResized = ({ pod, ledger }: Pick<ResizeInput, 'pod' | 'ledger'>, container: Container): boolean => {
  const has = ledger.actuated.get(container.name);
  return has !== undefined && !sameResources(has, heldTo(pod, container));
};

/** `cpu`, `memory` or both. */
export const resizedNames = ({ pod, ledger }: ResizeInput, container: Container): readonly string[] => {
  const has = ledger.actuated.get(container.name);
  const is = heldTo(pod, container);
  if (has === undefined) return [];
  return ['cpu', 'memory'].filter(
    (name) => !sameQuantity(has.requests?.[name], is.requests?.[name]) || !sameQuantity(has.limits?.[name], is.limits?.[name]),
  );
};

/** Whether the cgroup of the pod as a whole has other limits than those of what is allocated. */
export const isPodResized = ({ pod, ledger, observed }: ResizeInput): boolean => {
  if (ledger.podCgroup === undefined || observed?.containers.some(({ state }) => state === 'running') !== true) return false;
  const { hugePageLimit: _, ...has } = podCgroup(withResources(pod, ledger.podCgroup));
  const { hugePageLimit: __, ...is } = podCgroup(pod);
  return has.cpuShares !== is.cpuShares || has.cpuQuota !== is.cpuQuota || has.memory !== is.memory;
};

export const isResizing = (input: ResizeInput): boolean => resizedContainers(input).length > 0 || isPodResized(input);

/** The pod with the larger of what each part of it had and is to have. */
export const widestPod = ({ pod, ledger }: ResizeInput): typeof pod => {
  const own = resourcesOfPod(pod);
  const had = ledger.podCgroup ?? { containers: {} };
  const containers = Object.fromEntries(
    allContainers(pod).map((container) => {
      const { name, resources } = container;
      const actual = ledger.actuated.get(name);
      // Of the limits that a container was held to, those that it does not name are the pod's.
      const limits = Object.fromEntries(Object.entries(actual?.limits ?? {}).filter(([key]) => resources?.limits?.[key] !== undefined));
      const larger = largerResources(largerResources(resources, had.containers[name]), { requests: actual?.requests ?? {}, limits });
      return [name, { ...resources, ...larger }];
    }),
  );
  const ofPod = own.pod === undefined && had.pod === undefined ? {} : { pod: { ...own.pod, ...largerResources(own.pod, had.pod) } };
  return withResources(pod, { containers, ...ofPod });
};

/** The memory limit of the pod's cgroup when it is to be lower than it was, bytes. */
export const loweredPodMemory = ({ pod, ledger }: ResizeInput): number | undefined => {
  if (ledger.podCgroup === undefined) return undefined;
  const before = podCgroup(withResources(pod, ledger.podCgroup)).memory;
  const after = podCgroup(pod).memory;
  return after === undefined || after === 0n || (before !== undefined && before !== 0n && before <= after) ? undefined : Number(after);
};

/** The same of one container. */
export const loweredMemory = ({ pod, ledger }: ResizeInput, container: Container): number | undefined => {
  const after = heldTo(pod, container).limits?.['memory'];
  const before = ledger.actuated.get(container.name)?.limits?.['memory'];
  if (after === undefined || quantityValue(after) <= 0n) return undefined;
  return before !== undefined && quantityValue(before) > 0n && quantityValue(before) <= quantityValue(after)
    ? undefined
    : Number(quantityValue(after));
};
