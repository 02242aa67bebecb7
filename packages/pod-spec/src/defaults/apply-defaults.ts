import type { Container, ContainerStatus, Pod, PodStatus } from '../gen/pod-types.js';
import { fillContainer } from './container-defaults.js';
import type { Draft } from './draft.js';
import { fillPodResources, fillRequests, roundList } from './resource-defaults.js';
import { fillVolume } from './volume-defaults.js';

/** Time between SIGTERM and SIGKILL, seconds. */
const terminationGracePeriodSeconds = 30;

const legacyInitAnnotations = [
  'pod.alpha.kubernetes.io/init-containers',
  'pod.beta.kubernetes.io/init-containers',
  'pod.alpha.kubernetes.io/init-container-statuses',
  'pod.beta.kubernetes.io/init-container-statuses',
];

const fillHostPorts = (containers: readonly Draft<Container>[] | undefined): void => {
  for (const { ports } of containers ?? []) for (const port of ports ?? []) port.hostPort ||= port.containerPort;
};

const fillSpec = (pod: Draft<Pod>): void => {
  const { spec } = pod;
  for (const { resources } of [...(spec.containers ?? []), ...(spec.initContainers ?? [])])
    if (resources !== undefined) fillRequests(resources);
  fillPodResources(pod);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork) {
    fillHostPorts(spec.containers);
    fillHostPorts(spec.initContainers);
  }
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.restartPolicy ||= 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= terminationGracePeriodSeconds;
  spec.schedulerName ||= 'default-scheduler';
  for (const volume of spec.volumes ?? []) fillVolume(volume);
  for (const containers of [spec.initContainers, spec.containers, spec.ephemeralContainers])
    for (const container of containers ?? []) fillContainer(container);
  roundList(spec.overhead);
  roundList(spec.resources?.limits);
  roundList(spec.resources?.requests);
};

const roundStatus = (status: Draft<PodStatus>): void => {
  const containers: readonly Draft<ContainerStatus>[] = [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ];
  for (const { allocatedResources, resources } of [status, ...containers]) {
    roundList(allocatedResources);
    roundList(resources?.limits);
    roundList(resources?.requests);
  }
};

/** What Kubernetes does to a Pod when it turns it into its internal form and back. */
const normalise = ({ metadata, spec, status }: Draft<Pod>): void => {
  if (metadata.annotations !== undefined && legacyInitAnnotations.some((name) => Object.hasOwn(metadata.annotations!, name))) {
    const kept = Object.entries(metadata.annotations).filter(([name]) => !legacyInitAnnotations.includes(name));
    if (kept.length > 0) metadata.annotations = Object.fromEntries(kept);
    else delete metadata.annotations;
  }
  if (Number(spec.terminationGracePeriodSeconds) < 0) spec.terminationGracePeriodSeconds = 1;
  const account = spec.serviceAccountName || spec.serviceAccount;
  if (account) {
    spec.serviceAccountName = account;
    spec.serviceAccount = account;
  }
  if (status === undefined) return;
  if (status.podIP && status.podIP !== status.podIPs?.[0]?.ip) status.podIPs = [{ ip: status.podIP }];
  if (!status.podIP && status.podIPs?.[0]?.ip) status.podIP = status.podIPs[0].ip;
};

/** Fills in a Pod in place. */
export const fillDefaults = (pod: Draft<Pod>): void => {
  fillSpec(pod);
  if (pod.status !== undefined) roundStatus(pod.status);
  normalise(pod);
};

/**
 * A Pod with all API defaults of Kubernetes 1.36, as it comes out of the API: quantities rounded up to thousandths, a negative
 * terminationGracePeriodSeconds made 1, `serviceAccount` and `serviceAccountName` alike. Applying it again changes nothing.
 */
export const applyDefaults = (pod: Pod): Pod => {
  const draft = structuredClone(pod) as Draft<Pod>;
  fillDefaults(draft);
  return draft as Pod;
};
