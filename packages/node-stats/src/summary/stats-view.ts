import type { Pod } from '@solo-kubelet/pod-spec';
import type { NodeCgroups } from '../cgroups/node-cgroups.js';

/** What the stats of a node are made of, besides what the runtime and the kernel count. */
export interface StatsView {
  readonly nodeName: string;
  readonly pods: { list(): readonly Pod[] };
  /** Where logs of pods lie. Upstream default /var/log/pods. */
  readonly podLogsDirectory: string;
  /** Where to read what the kernel counts of pods. Default: only what the runtime tells is known. */
  readonly cgroups?: NodeCgroups;
}
