import { type Container, milliCpuToQuota, milliCpuToShares, type Pod, podLimits, podQosClass, podRequests } from '@solo-kubelet/pod-spec';
import { bytes, milliCpu } from './amounts.js';
import type { CgroupLimits } from './cgroup-files.js';

export interface CpuSettings {
  readonly cpuCfsQuota: boolean;
  readonly cpuCfsQuotaPeriodMs: number;
}

export interface PodCgroupSettings extends CpuSettings {
  /** Not written unless positive. */
  readonly podPidsLimit: number;
  /** Page sizes of the host; those that the pod does not ask for are closed to it. */
  readonly hugePageSizes: readonly string[];
}

/** What a whole pod is held to. Upstream: ResourceConfigForPod in pkg/kubelet/cm/helpers_linux.go. */
export const podCgroupLimits = (pod: Pod, settings: PodCgroupSettings): CgroupLimits => {
  const qosClass = podQosClass(pod);
  const requests = podRequests(pod);
  const limits = podLimits(pod);
  const periodUs = settings.cpuCfsQuotaPeriodMs * 1_000;
  const quota = settings.cpuCfsQuota ? milliCpuToQuota(milliCpu(limits.cpu), periodUs) : -1;
  return {
    cpuShares: qosClass === 'BestEffort' ? milliCpuToShares(0) : milliCpuToShares(milliCpu(requests.cpu)),
    ...(limited(pod, 'cpu', qosClass) ? { cpuQuotaUs: quota, cpuPeriodUs: periodUs } : {}),
    ...(limited(pod, 'memory', qosClass) ? { memoryBytes: bytes(limits.memory) } : {}),
    pids: settings.podPidsLimit > 0 ? settings.podPidsLimit : undefined,
    hugePages: {
      ...Object.fromEntries(settings.hugePageSizes.map((size) => [size, 0n])),
      ...Object.fromEntries(
        Object.entries(requests).flatMap(([name, quantity]) =>
          name.startsWith(HUGE_PAGES) ? [[name.slice(HUGE_PAGES.length), bytes(quantity)]] : [],
        ),
      ),
    },
  };
};

/** The memory limit of the pod's cgroup, bytes; undefined when it has none. */
export const podMemoryLimit = (pod: Pod): bigint | undefined =>
  limited(pod, 'memory', podQosClass(pod)) ? bytes(podLimits(pod).memory) || undefined : undefined;

const HUGE_PAGES = 'hugepages-';

/** A pod is held to a limit only when nothing in it is unlimited, or when the limit is the pod's own. */
const limited = (pod: Pod, resource: 'cpu' | 'memory', qosClass: string): boolean => {
  if (qosClass !== 'Burstable') return qosClass === 'Guaranteed';
  if (bytes(pod.spec.resources?.limits?.[resource]) > 0n) return true;
  const containers: readonly Container[] = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  return containers.every(({ resources }) => bytes(resources?.limits?.[resource]) > 0n);
};
