import { type Container, type Pod, podQosClass, podRequests, quantityValue } from '@solo-kubelet/pod-spec';
import { bytes } from './amounts.js';
import type { CgroupLimits } from './cgroup-files.js';

/** How memory is kept for pods on cgroup v2, with the gate MemoryQoS. */
export interface MemoryQos {
  /** `memoryReservationPolicy: TieredReservation`: what pods ask for is kept for them, firmly for Guaranteed ones, softly for Burstable ones. */
  readonly tiered: boolean;
  /** `memoryThrottlingFactor`: how far from its request to its limit a container gets before it is slowed down. Undefined: never. */
  readonly throttlingFactor?: number | undefined;
  /** What a container without a limit gets at most: the node's memory without what is reserved (upstream: GetNodeAllocatableAbsolute). Undefined: unknown, and it is never slowed down. */
  readonly nodeBytes?: number | undefined;
}

const PAGE_BYTES = 4096n;

/** Factors are compared to this many digits. */
const FACTOR_SCALE = 1_000_000n;

/** The `unified` part of a container's resources. Upstream: generateLinuxContainerResources in pkg/kubelet/kuberuntime; memory.high: 1.37. */
export const containerMemoryQos = (
  pod: Pod,
  { resources: { requests = {}, limits = {} } = {} }: Container,
  { tiered, throttlingFactor, nodeBytes = 0 }: MemoryQos,
): Record<string, string> => {
  const [request, limit] = [bytes(requests.memory), bytes(limits.memory)];
  const isGuaranteed = podQosClass(pod) === 'Guaranteed';
  const keeps = tiered && request > 0n;
  const kept: Record<string, string> = keeps
    ? { [isGuaranteed ? 'memory.min' : 'memory.low']: `${request}` }
    : { 'memory.min': '0', 'memory.low': '0' };
  // One that asks for nothing is slowed down, too: kubernetes/kubernetes 138139.
  if (throttlingFactor === undefined || (request === limit && request > 0n)) return kept;
  const most = limit > 0n ? limit : BigInt(nodeBytes);
  if (most <= 0n) return kept;
  const scaled = ((most - request) * BigInt(Math.round(throttlingFactor * Number(FACTOR_SCALE)))) / FACTOR_SCALE;
  const high = ((request + scaled) / PAGE_BYTES) * PAGE_BYTES;
  return high > request ? { ...kept, 'memory.high': `${high}` } : kept;
};

/** What a whole pod keeps. Upstream: ResourceConfigForPod in pkg/kubelet/cm. */
export const podMemoryQos = (pod: Pod, { tiered }: MemoryQos): CgroupLimits => {
  const request = requestOf(pod);
  const isGuaranteed = podQosClass(pod) === 'Guaranteed';
  const keeps = tiered && request > 0n;
  return { memoryMin: keeps && isGuaranteed ? request : 0n, memoryLow: keeps && !isGuaranteed ? request : 0n };
};

/**
 * What the cgroups above the pods keep, without which theirs would not count: all pods together min, the Burstable ones low.
 * Upstream: setMemoryQoS in pkg/kubelet/cm/qos_container_manager_linux.go.
 */
export const qosMemoryQos = (
  pods: readonly Pod[],
  { tiered }: MemoryQos,
): { readonly all: CgroupLimits; readonly burstable: CgroupLimits } => {
  const sum = (qosClass: string): bigint =>
    tiered ? pods.filter((pod) => podQosClass(pod) === qosClass).reduce((total, pod) => total + requestOf(pod), 0n) : 0n;
  const burstable = sum('Burstable');
  return { all: { memoryMin: sum('Guaranteed') + burstable }, burstable: { memoryLow: burstable } };
};

const requestOf = (pod: Pod): bigint => quantityValue(podRequests(pod).memory ?? '0');
