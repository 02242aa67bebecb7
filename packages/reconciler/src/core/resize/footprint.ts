import { type Pod, podRequests } from '@solo-kubelet/pod-spec';
import { allContainers } from '../container-stop.js';
import type { ObservedPod } from '../observed-pod.js';
import type { PodLedger } from '../pod-ledger.js';
import { largerResources, resourcesOfPod, withResources } from './pod-resources.js';

/**
 * The pod as it counts beside others: the larger of what has been allocated to it and what it actually has, container by container, until a resize is
 * done (kubernetes/kubernetes 140047).
 */
export const footprintOf = (allocated: Pod, ledger: PodLedger, observed: ObservedPod | undefined): Pod => {
  const runs = new Set(observed?.containers.filter(({ state }) => state === 'running').map(({ name }) => name));
  const containers = Object.fromEntries(
    allContainers(allocated).map(({ name, resources }) => [
      name,
      runs.has(name) && ledger.actuated.has(name) ? withRequests(resources, ledger.actuated.get(name)) : (resources ?? {}),
    ]),
  );
  const own = withResources(allocated, { ...resourcesOfPod(allocated), containers });
  if (runs.size === 0 || ledger.podCgroup === undefined) return own;
  const had = withResources(allocated, ledger.podCgroup);
  if (own.spec.resources === undefined && had.spec.resources === undefined) return own;
  return withResources(own, { ...resourcesOfPod(own), pod: withRequests(own.spec.resources, { requests: asWhole(own, had) }) });
};

/** The larger of what two states of a pod ask for as a whole: one may name it itself and the other leave it to its containers. */
const asWhole = (...pods: readonly Pod[]): Requests =>
  pods
    .map(({ spec: { overhead: _, ...spec } }): Requests => {
      const { cpu, memory } = podRequests({ spec });
      return { ...(cpu && { cpu }), ...(memory && { memory }) };
    })
    .reduce((a, b) => largerResources({ requests: a }, { requests: b }).requests ?? {}, {});

type Resources = NonNullable<Pod['spec']['resources']>;
type Requests = NonNullable<Resources['requests']>;

const withRequests = (own: Resources | undefined, actual: Resources | undefined): Resources => ({
  ...own,
  requests: largerResources({ requests: own?.requests ?? {} }, { requests: actual?.requests ?? {} }).requests ?? {},
});
