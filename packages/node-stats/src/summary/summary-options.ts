import type { UsageCache } from '../disk/usage-cache.js';
import type { RuntimeStats } from '../runtime-stats.js';
import type { CpuRates } from './cpu-rates.js';
import type { StatsView } from './stats-view.js';
import type { createSystemContainers } from './system-containers.js';

export interface SummaryOptions {
  readonly view: StatsView;
  readonly cri: RuntimeStats;
  /** KubeletConfiguration root directory, default /var/lib/kubelet: pod volumes lie below it. */
  readonly rootDirectory: string;
  /** Whether the volumes of pods are measured, which takes a walk through them. */
  readonly measuresVolumes: boolean;
  readonly usages: UsageCache;
  readonly rates: CpuRates;
  readonly systemContainers: ReturnType<typeof createSystemContainers>;
  readonly now: () => number;
}
