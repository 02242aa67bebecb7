import type { Pod } from '@solo-kubelet/pod-spec';
import type { NodeCgroups } from '../cgroups/node-cgroups.js';
import type { MemoryCgroups } from '../cgroups/working-set.js';

/** What the stats of a node are made of, besides what the runtime and the kernel count. */
export interface StatsView {
  readonly nodeName: string;
  readonly pods: { list(): readonly Pod[] };
  /** Where logs of pods lie. Upstream default /var/log/pods. */
  readonly podLogsDirectory: string;
  /** Where memory of the whole machine is measured, as eviction does. Default: v2 at /sys/fs/cgroup, and /proc/meminfo where that is not. */
  readonly machineCgroups?: MemoryCgroups;
  /** Where to read what the kernel counts of pods. Default: only what the runtime tells is known. */
  readonly cgroups?: NodeCgroups;
}
