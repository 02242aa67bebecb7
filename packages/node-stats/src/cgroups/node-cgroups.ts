import type { Pod } from '@solo-kubelet/pod-spec';
import type { CgroupMount } from './cgroup-measurements.js';

/** Where pods and the node's own processes are in the cgroup tree. Paths begin with `/`, below the mount. */
export interface NodeCgroups extends CgroupMount {
  /** Of all pods together, such as `/kubepods`. */
  readonly podsPath: string;
  /** Of one pod; undefined where pods have no cgroup of their own. */
  podPath(pod: Pod): string | undefined;
  /** `--runtime-cgroups`. Default: that of the process which listens on the runtime's socket. */
  readonly runtimePath?: string;
  /** `systemCgroups`. */
  readonly systemPath?: string;
}
