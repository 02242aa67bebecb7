import type { Pod } from '@solo-kubelet/pod-spec';
import { allContainers } from '../container-stop.js';
import type { ObservedPod } from '../observed-pod.js';
import type { PodLedger } from '../pod-ledger.js';
import { largerResources, withResources } from './pod-resources.js';

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
  const ofPod = allocated.spec.resources;
  const before = runs.size > 0 ? ledger.podCgroup?.pod : undefined;
  const pod = ofPod !== undefined && before !== undefined ? withRequests(ofPod, before) : ofPod;
  return withResources(allocated, { containers, ...(pod === undefined ? {} : { pod }) });
};

type Resources = NonNullable<Pod['spec']['resources']>;

const withRequests = (own: Resources | undefined, actual: Resources | undefined): Resources => ({
  ...own,
  requests: largerResources({ requests: own?.requests ?? {} }, { requests: actual?.requests ?? {} }).requests ?? {},
});
