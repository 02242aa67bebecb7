import {
  type Container,
  type ContainerResources,
  ContainerState,
  type ContainerStatus,
  NamespaceMode,
  type PodSandbox,
  PodSandboxState,
  type PodSandboxStatus,
} from '@solo-kubelet/cri-client';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { type ContainerPort, formatQuantity, type LifecycleHandler, type ResourceRequirements } from '@solo-kubelet/pod-spec';
import type { ContainerRunState, ObservedContainer, ObservedSandbox } from '../core/observed-pod.js';
import { CONTAINER_NAME_LABEL, HOST_PORTS_ANNOTATION, OWNER_LABEL } from './owner-label.js';

// From CRI's words to the kubelet's: the one place where nanoseconds become milliseconds and enums become names.

const toMs = (nanoseconds: bigint): number => Number(nanoseconds / 1_000_000n);
const toMsUnlessZero = (nanoseconds: bigint): number | undefined => (nanoseconds === 0n ? undefined : toMs(nanoseconds));

export const containerRunState = (state: ContainerState): ContainerRunState => {
  switch (state) {
    case ContainerState.CONTAINER_CREATED:
      return 'created';
    case ContainerState.CONTAINER_RUNNING:
      return 'running';
    case ContainerState.CONTAINER_EXITED:
      return 'exited';
    default:
      return 'unknown'; // also what a newer runtime may say
  }
};

export const toObservedSandbox = (status: PodSandboxStatus): ObservedSandbox => {
  const { network } = status;
  const ips = network === undefined ? [] : [network.ip, ...network.additionalIps.map(({ ip }) => ip)].filter((ip) => ip !== '');
  return {
    id: status.id,
    attempt: status.metadata?.attempt ?? 0,
    state: status.state === PodSandboxState.SANDBOX_READY ? 'ready' : 'notReady',
    createdAtMs: toMs(status.createdAt),
    hostNetwork: status.linux?.namespaces?.options?.network === NamespaceMode.NODE,
    ips,
    networkReported: network !== undefined,
    ...notedHostPorts(status.annotations),
    ...ownLabels(status.labels),
  };
};

/** As much of a sandbox as a list tells. */
export const toListedSandbox = ({ id, metadata, state, createdAt, labels, annotations }: PodSandbox): ObservedSandbox => ({
  id,
  attempt: metadata?.attempt ?? 0,
  state: state === PodSandboxState.SANDBOX_READY ? 'ready' : 'notReady',
  createdAtMs: toMs(createdAt),
  hostNetwork: false,
  ips: [],
  networkReported: false,
  ...notedHostPorts(annotations),
  ...ownLabels(labels),
});

/** Labels of the pod, without those that say whose it is. */
const ownLabels = (labels: PodSandbox['labels'] | undefined): Pick<ObservedSandbox, 'labels'> => {
  const own = Object.entries(labels ?? {}).filter(([name]) => !name.startsWith('io.kubernetes.') && name !== OWNER_LABEL);
  return own.length === 0 ? {} : { labels: Object.fromEntries(own) };
};

const notedHostPorts = (annotations: PodSandbox['annotations']): Pick<ObservedSandbox, 'hostPorts'> => {
  const hostPorts = portsOf(annotations[HOST_PORTS_ANNOTATION]);
  return hostPorts.length === 0 ? {} : { hostPorts };
};

/** As much of a container as a list tells: not when it ran, nor how it ended. */
export const toListedContainer = (listed: Container, runtimeName: string): ObservedContainer => ({
  id: listed.id,
  sandboxId: listed.podSandboxId,
  ...recordedOf(listed),
  state: containerRunState(listed.state),
  createdAtMs: toMs(listed.createdAt),
  exitCode: 0,
  reason: '',
  message: '',
  runtimeName,
  image: listed.image?.userSpecifiedImage || (listed.image?.image ?? ''),
  imageRef: listed.imageRef,
});

export const toObservedContainer = (
  status: ContainerStatus,
  podSandboxId: string,
  runtimeName: string,
  terminationMessage: string,
): ObservedContainer => {
  const resources = resourcesOf(status.resources);
  const user = status.user?.linux;
  const startedAtMs = toMsUnlessZero(status.startedAt);
  const finishedAtMs = toMsUnlessZero(status.finishedAt);
  return {
    id: status.id,
    sandboxId: podSandboxId,
    ...recordedOf(status),
    state: containerRunState(status.state),
    createdAtMs: toMs(status.createdAt),
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(finishedAtMs === undefined ? {} : { finishedAtMs }),
    exitCode: status.exitCode,
    reason: status.reason,
    message: [status.message, terminationMessage].filter((text) => text !== '').join(': '),
    runtimeName,
    image: status.image?.userSpecifiedImage || (status.image?.image ?? ''),
    imageRef: status.imageRef,
    ...(resources === undefined ? {} : { resources }),
    ...(user === undefined
      ? {}
      : { user: { uid: Number(user.uid), gid: Number(user.gid), supplementalGroups: user.supplementalGroups.map(Number) } }),
  };
};

type Recorded = Pick<ObservedContainer, 'name' | 'restartCount' | 'hash' | 'terminationGracePeriodSeconds' | 'preStop' | 'ports'>;

/** What the kubelet that made a container wrote on it. */
const recordedOf = ({ labels, annotations, metadata }: Pick<Container, 'labels' | 'annotations' | 'metadata'>): Recorded => {
  const grace = numberOf(annotations['io.kubernetes.pod.deletionGracePeriod'] ?? annotations['io.kubernetes.pod.terminationGracePeriod']);
  const preStop = handlerOf(annotations['io.kubernetes.container.preStopHandler']);
  const ports = portsOf(annotations['io.kubernetes.container.ports']);
  return {
    name: labels[CONTAINER_NAME_LABEL] ?? metadata?.name ?? '',
    restartCount: numberOf(annotations['io.kubernetes.container.restartCount']) ?? metadata?.attempt ?? 0,
    hash: annotations['io.kubernetes.container.hash'] ?? '',
    ...(grace === undefined ? {} : { terminationGracePeriodSeconds: grace }),
    ...(preStop === undefined ? {} : { preStop }),
    ...(ports.length === 0 ? {} : { ports }),
  };
};

const numberOf = (text: string | undefined): number | undefined => {
  const number = text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  return Number.isSafeInteger(number) ? number : undefined;
};

const handlerOf = (json: string | undefined): LifecycleHandler | undefined => {
  if (json === undefined) return undefined;
  try {
    const handler = parseBoundedJson(json);
    return typeof handler === 'object' && handler !== null ? (handler as LifecycleHandler) : undefined;
  } catch {
    return undefined; // written by another hand: the container is stopped without its hook
  }
};

/** What another hand may have written counts for nothing where it is no port. */
const portsOf = (json: string | undefined): readonly ContainerPort[] => {
  try {
    const listed: unknown = JSON.parse(json ?? '[]');
    return Array.isArray(listed) ? listed.filter(isContainerPort) : [];
  } catch {
    return [];
  }
};

const isContainerPort = (value: unknown): value is ContainerPort => {
  if (typeof value !== 'object' || value === null) return false;
  const { containerPort, hostPort = 0, protocol = '', hostIP = '' } = value as Partial<Record<keyof ContainerPort, unknown>>;
  return [containerPort, hostPort].every(Number.isSafeInteger) && typeof protocol === 'string' && typeof hostIP === 'string';
};

/** Values so small that the kernel's granularity distorts them are left out: the manifest's own number is shown instead. */
const MINIMUM_SHARES = 2n;

const milliCpu = (value: bigint): string => formatQuantity({ value, scale: -3, format: 'DecimalSI' });
const bytes = (value: bigint): string => formatQuantity({ value, scale: 0, format: 'BinarySI' });

const resourcesOf = (resources: ContainerResources | undefined): ResourceRequirements | undefined => {
  const linux = resources?.linux;
  if (linux === undefined) return undefined;
  const cpuRequest = linux.cpuShares > MINIMUM_SHARES ? milliCpu((linux.cpuShares * 1000n + 1023n) / 1024n) : undefined;
  const cpuLimit = linux.cpuQuota > 1000n && linux.cpuPeriod > 0n ? milliCpu((linux.cpuQuota * 1000n) / linux.cpuPeriod) : undefined;
  const memoryLimit = linux.memoryLimitInBytes > 0n ? bytes(linux.memoryLimitInBytes) : undefined;
  const limits = { ...(cpuLimit && { cpu: cpuLimit }), ...(memoryLimit && { memory: memoryLimit }) };
  return {
    ...(cpuRequest === undefined ? {} : { requests: { cpu: cpuRequest } }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
  };
};
