import { type Container, type ContainerStatus, containerHash, type Pod, type PodStatus } from '@solo-kubelet/pod-spec';
import type { ObservedContainer } from './observed-pod.js';
import { probeOf } from './probe-of-container.js';
import type { ContainerVerdicts } from './probe-results.js';

/** `containerd://<id>`: what a status calls containerID. */
export const containerIdUrl = (observed: ObservedContainer): string => `${observed.runtimeName}://${observed.id}`;

/** Whether a container that runs was made from another image or name. A container without a hash is left alone. */
export const specChanged = (container: Container, observed: ObservedContainer): boolean =>
  observed.hash !== '' && observed.hash !== containerHash(container);

/** Statuses of all containers of a pod; names are unique among them. */
export const allStatuses = (status: PodStatus | undefined): readonly ContainerStatus[] => [
  ...(status?.containerStatuses ?? []),
  ...(status?.initContainerStatuses ?? []),
  ...(status?.ephemeralContainerStatuses ?? []),
];

const statusOf = (status: PodStatus | undefined, name: string): ContainerStatus | undefined =>
  allStatuses(status).find((container) => container.name === name);

/** The earlier status of this very instance, so that what was reached once (started, ready) outlives a kubelet restart. */
export const statusOfInstance = (status: PodStatus | undefined, observed: ObservedContainer): ContainerStatus | undefined => {
  const found = statusOf(status, observed.name);
  return found?.containerID === containerIdUrl(observed) ? found : undefined;
};

export interface InstanceFacts {
  readonly pod: Pod;
  readonly container: Container;
  readonly observed: ObservedContainer;
  readonly probeResults: ContainerVerdicts | undefined;
  /** The pod's status as it last stood. */
  readonly status: PodStatus | undefined;
}

/** Kubernetes' `started`: running, and past its startup probe if it has one. */
export const containerStarted = ({ pod, container, observed, probeResults, status }: InstanceFacts): boolean => {
  if (observed.state !== 'running') return false;
  if (probeOf(pod, container, 'startup') === undefined) return true;
  if (probeResults?.startup !== undefined && probeResults.startup !== 'unknown') return probeResults.startup === 'success';
  return statusOfInstance(status, observed)?.started === true;
};

/** Kubernetes' `ready` of a regular container or sidecar. Until a first probe result, what an earlier kubelet process knew of the instance holds. */
export const containerReady = (facts: InstanceFacts): boolean => {
  if (!containerStarted(facts)) return false;
  const { pod, container, observed, probeResults, status } = facts;
  if (probeOf(pod, container, 'readiness') === undefined) return true;
  return probeResults?.readiness === undefined ? statusOfInstance(status, observed)?.ready === true : probeResults.readiness === 'success';
};
