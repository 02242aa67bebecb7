import type { LinuxContainerResources } from '@solo-kubelet/cri-types';
import { type Container, milliCpuToQuota, milliCpuToShares, oomScoreAdj, type Pod, podLimits, podRequests } from '@solo-kubelet/pod-spec';
import { bytes, milliCpu } from './amounts.js';
import { type CgroupVersion, kernelPageSize } from './cgroup-files.js';
import { containerSwapBytes, type LimitedSwap } from './limited-swap.js';
import { containerMemoryQos, type MemoryQos } from './memory-qos.js';
import type { CpuSettings } from './pod-cgroup-limits.js';

export interface ContainerResourceSettings extends CpuSettings {
  readonly cgroupVersion: CgroupVersion;
  readonly memoryCapacityBytes: number;
  /** Page sizes of the host, such as `2Mi`. */
  readonly hugePageSizes: readonly string[];
  readonly singleProcessOomKill: boolean;
  readonly swapAccounting: boolean;
  readonly limitedSwap: LimitedSwap;
  /** Undefined: memory is neither kept for containers nor do they slow down before their limit. On cgroup v2 alone. */
  readonly memoryQos?: MemoryQos | undefined;
}

/** What a container is held to. Upstream: pkg/kubelet/kuberuntime/kuberuntime_container_linux.go. */
export const containerResources = (pod: Pod, container: Container, settings: ContainerResourceSettings): LinuxContainerResources => {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const podLevel = pod.spec.resources?.limits ?? {};
  const limit = (resource: string): string | undefined => (isPositive(limits[resource]) ? limits[resource] : podLevel[resource]);
  const memory = bytes(limit('memory'));
  return {
    ...linuxResources({ cpuRequest: requests.cpu, cpuLimit: limit('cpu'), memory }, settings),
    oomScoreAdj: BigInt(oomScoreAdj(pod, container, settings.memoryCapacityBytes)),
    hugepageLimits: settings.hugePageSizes.map((size) => ({ pageSize: kernelPageSize(size), limit: bytes(limit(`hugepages-${size}`)) })),
    unified: settings.cgroupVersion === 2 ? unified(pod, container, settings) : {},
    memorySwapLimitInBytes: settings.cgroupVersion === 1 && settings.swapAccounting ? memory : 0n,
  };
};

/** Pod totals without overhead, told to the runtime with the sandbox. */
export const sandboxResources = (pod: Pod, settings: CpuSettings): LinuxContainerResources => {
  const { overhead: _, ...spec } = pod.spec;
  const bare: Pod = { ...pod, spec };
  const limits = podLimits(bare);
  return linuxResources({ cpuRequest: podRequests(bare).cpu, cpuLimit: limits.cpu, memory: bytes(limits.memory) }, settings);
};

/** `spec.overhead`, taken for request and limit; undefined when unset. */
export const sandboxOverhead = (pod: Pod, settings: CpuSettings): LinuxContainerResources | undefined => {
  const { overhead } = pod.spec;
  return overhead && linuxResources({ cpuRequest: overhead.cpu, cpuLimit: overhead.cpu, memory: bytes(overhead.memory) }, settings);
};

interface Amounts {
  readonly cpuRequest: string | undefined;
  readonly cpuLimit: string | undefined;
  readonly memory: bigint;
}

const linuxResources = (
  { cpuRequest, cpuLimit, memory }: Amounts,
  { cpuCfsQuota, cpuCfsQuotaPeriodMs }: CpuSettings,
): LinuxContainerResources => {
  const periodUs = cpuCfsQuotaPeriodMs * 1_000;
  return {
    cpuShares: BigInt(milliCpuToShares(milliCpu(cpuRequest ?? cpuLimit))),
    cpuQuota: cpuCfsQuota ? BigInt(milliCpuToQuota(milliCpu(cpuLimit), periodUs)) : 0n,
    cpuPeriod: cpuCfsQuota ? BigInt(periodUs) : 0n,
    memoryLimitInBytes: memory,
    oomScoreAdj: 0n,
    cpusetCpus: '',
    cpusetMems: '',
    hugepageLimits: [],
    unified: {},
    memorySwapLimitInBytes: 0n,
  };
};

/** On v2 a container dies as a whole when out of memory, and gets what swap it is granted. */
const unified = (
  pod: Pod,
  container: Container,
  { singleProcessOomKill, swapAccounting, limitedSwap, memoryCapacityBytes, memoryQos }: ContainerResourceSettings,
): Record<string, string> => ({
  ...(singleProcessOomKill ? {} : { 'memory.oom.group': '1' }),
  ...(memoryQos && containerMemoryQos(pod, container, memoryQos)),
  ...(swapAccounting ? { 'memory.swap.max': String(containerSwapBytes(pod, container, limitedSwap, memoryCapacityBytes)) } : {}),
});

const isPositive = (quantity: string | undefined): boolean => bytes(quantity) > 0n;
