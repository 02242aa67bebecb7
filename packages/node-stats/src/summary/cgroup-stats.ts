import type { CgroupMeasurements } from '../cgroups/cgroup-measurements.js';
import type { Pressures } from '../cgroups/pressure.js';
import type { RateOf } from './cri-stats.js';
import { rfc3339 } from './node-measurements.js';
import type { CpuStats, IoStats, MemoryStats, SwapStats } from './summary.js';

export interface CgroupStats {
  readonly cpu: CpuStats;
  readonly memory: MemoryStats;
  readonly io?: IoStats;
  readonly swap: SwapStats;
}

/** A cgroup's part of the summary, under the names and rules of pkg/kubelet/stats/helper.go. `key` says whose rate it is. */
export const cgroupStats = (key: string, { atMs, cpu, memory, pressure }: CgroupMeasurements, rateOf: RateOf): CgroupStats => {
  const time = rfc3339(atMs);
  const usageNanoCores = rateOf(key, cpu.usageNanoseconds, atMs);
  return {
    cpu: {
      time,
      ...(usageNanoCores === undefined ? {} : { usageNanoCores }),
      usageCoreNanoSeconds: cpu.usageNanoseconds,
      ...(pressure?.cpu ? { psi: pressure.cpu } : {}),
    },
    memory: {
      time,
      ...(memory.limitBytes === undefined ? {} : { availableBytes: Math.max(0, memory.limitBytes - memory.workingSetBytes) }),
      usageBytes: memory.usageBytes,
      workingSetBytes: memory.workingSetBytes,
      rssBytes: memory.rssBytes,
      pageFaults: memory.pageFaults.own,
      majorPageFaults: memory.majorPageFaults.own,
      ...(pressure?.memory ? { psi: pressure.memory } : {}),
    },
    ...ioStats(pressure, time),
    swap: {
      time,
      ...(memory.swapLimitBytes === undefined ? {} : { swapAvailableBytes: Math.max(0, memory.swapLimitBytes - memory.swapBytes) }),
      swapUsageBytes: memory.swapBytes,
    },
  };
};

export const ioStats = (pressure: Pressures | undefined, time: string): { readonly io?: IoStats } =>
  pressure?.io ? { io: { time, psi: pressure.io } } : {};
