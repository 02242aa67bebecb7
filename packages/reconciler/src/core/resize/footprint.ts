import type { Pod } from '@solo-kubelet/pod-spec';
import { allContainers } from '../all-containers.js';
import type { ObservedPod } from '../observed-pod.js';
import type { PodWorkerState } from '../pod-worker-state.js';
import { largerResources, requestsAsWhole, resourcesOfPod, withResources } from './pod-resources.js';
import { hasReadySandbox, mayHave, podMayHave } from './resize-state.js';

export interface FootprintInput {
  /** With what has been allocated to it. */
  readonly pod: Pod;
  readonly workerState: PodWorkerState;
  readonly observed: ObservedPod | undefined;
  /** A sync is at work, or its effect has not been seen: what doesn't run yet may run already. */
  readonly unsettled?: boolean;
}

/**
 * The pod as it counts beside others: the larger of what has been allocated to it and what it actually has, container by container, until a resize is
 * done (kubernetes/kubernetes 140047).
 */
export const footprintOf = ({ pod: allocated, workerState, observed, unsettled = false }: FootprintInput): Pod => {
  const pod = workerState.allocating?.pod ?? allocated;
  const before = pod === allocated ? [] : [resourcesOfPod(allocated)];
  const runs = new Set(observed?.containers.filter(({ state }) => state === 'running').map(({ name }) => name));
  const containers = Object.fromEntries(
    allContainers(pod).map(({ name, resources = {} }) => {
      const had = [
        ...before.map(({ containers: its }) => its[name] ?? {}),
        ...(unsettled || runs.has(name) ? mayHave(workerState, name) : []),
      ];
      return [name, had.reduce<Resources>(withRequests, resources)];
    }),
  );
  const own = withResources(pod, { ...resourcesOfPod(pod), containers });
  const whole = [...before, ...(unsettled || hasReadySandbox(observed) ? podMayHave(workerState) : [])].map((had) =>
    withResources(pod, had),
  );
  if ([own, ...whole].every(({ spec }) => spec.resources === undefined)) return own;
  return withResources(own, { ...resourcesOfPod(own), pod: withRequests(own.spec.resources, { requests: asWhole(own, ...whole) }) });
};

/** The larger of what several states of a pod ask for as a whole: one may name it itself and the other leave it to its containers. */
const asWhole = (...pods: readonly Pod[]): Requests =>
  pods.map(requestsAsWhole).reduce<Requests>((a, b) => largerResources({ requests: a }, { requests: b }).requests ?? {}, {});

type Resources = NonNullable<Pod['spec']['resources']>;
type Requests = NonNullable<Resources['requests']>;

const withRequests = (own: Resources | undefined, actual: Resources): Resources => ({
  ...own,
  requests: largerResources({ requests: own?.requests ?? {} }, { requests: actual.requests ?? {} }).requests ?? {},
});
