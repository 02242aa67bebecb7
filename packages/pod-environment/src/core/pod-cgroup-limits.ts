import { type Pod, podCgroup } from '@solo-kubelet/pod-spec';
import { bytes } from './amounts.js';
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

/** What a whole pod is held to. */
export const podCgroupLimits = (pod: Pod, settings: PodCgroupSettings): CgroupLimits => {
  const cgroup = podCgroup(pod, { cpuCFSQuota: settings.cpuCfsQuota, cpuPeriod: settings.cpuCfsQuotaPeriodMs * 1_000 });
  return {
    cpuShares: cgroup.cpuShares,
    cpuQuotaUs: cgroup.cpuQuota,
    cpuPeriodUs: cgroup.cpuPeriod,
    memoryBytes: cgroup.memory,
    pids: settings.podPidsLimit > 0 ? settings.podPidsLimit : undefined,
    hugePages: Object.fromEntries(settings.hugePageSizes.map((size) => [size, cgroup.hugePageLimit.get(bytes(size)) ?? 0n])),
  };
};
