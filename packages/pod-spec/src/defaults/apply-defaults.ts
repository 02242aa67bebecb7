import type { Container, ContainerStatus, ObjectMeta, Pod, PodSpec, PodStatus } from '../gen/pod-types.js';
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

/** What only a Pod gets, and not the template of one. */
const fillPodOnly = (pod: Draft<Pod>): void => {
  const { spec } = pod;
  for (const { resources } of [...(spec.containers ?? []), ...(spec.initContainers ?? [])])
    if (resources !== undefined) fillRequests(resources);
  fillPodResources(pod);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork) {
    fillHostPorts(spec.containers);
    fillHostPorts(spec.initContainers);
  }
};

const fillSpec = (spec: Draft<PodSpec>): void => {
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

/** Annotations of long ago that stood in for init containers are gone once an object was read. */
const dropLegacyAnnotations = (metadata: Draft<ObjectMeta>): void => {
  if (metadata.annotations === undefined || !legacyInitAnnotations.some((name) => Object.hasOwn(metadata.annotations!, name))) return;
  const kept = Object.entries(metadata.annotations).filter(([name]) => !legacyInitAnnotations.includes(name));
  if (kept.length > 0) metadata.annotations = Object.fromEntries(kept);
  else delete metadata.annotations;
};

/** The account's old name and its new one become alike. */
const alignAccounts = (spec: Draft<PodSpec>): void => {
  const account = spec.serviceAccountName || spec.serviceAccount;
  if (!account) return;
  spec.serviceAccountName = account;
  spec.serviceAccount = account;
};

/** What Kubernetes does to a Pod when it turns it into its internal form and back. */
const normalise = ({ metadata, spec, status }: Draft<Pod>): void => {
  dropLegacyAnnotations(metadata);
  if (Number(spec.terminationGracePeriodSeconds) < 0) spec.terminationGracePeriodSeconds = 1;
  alignAccounts(spec);
  if (status === undefined) return;
  if (status.podIP && status.podIP !== status.podIPs?.[0]?.ip) status.podIPs = [{ ip: status.podIP }];
  if (!status.podIP && status.podIPs?.[0]?.ip) status.podIP = status.podIPs[0].ip;
};

/** Fills in a Pod in place. */
export const fillDefaults = (pod: Draft<Pod>): void => {
  fillPodOnly(pod);
  fillSpec(pod.spec);
  if (pod.status !== undefined) roundStatus(pod.status);
  normalise(pod);
};

/** Fills in a pod template in place: a Pod's requests, host ports and service links are left to the Pod itself. */
export const fillPodTemplate = ({ metadata, spec }: { metadata?: Draft<ObjectMeta>; spec?: Draft<PodSpec> }): void => {
  if (metadata !== undefined) dropLegacyAnnotations(metadata);
  if (spec === undefined) return;
  fillSpec(spec);
  alignAccounts(spec);
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
