import type { Logger } from '@solo-kubelet/diagnostics';
import type { CgroupTree } from './cgroups/cgroup-tree.js';
import type { CgroupVersion } from './core/cgroup-files.js';
import type { ContainerAllocations } from './core/container-allocation.js';
import type { LimitedSwap } from './core/limited-swap.js';
import type { MemoryQos } from './core/memory-qos.js';
import type { PodObjects } from './core/pod-objects.js';
import type { RunCommand } from './mounts/run-command.js';

/** What may change while the kubelet runs; asked for again at every use. */
export interface NodeFacts {
  /** Addresses of the node, the primary family first; at most one of each family is used. */
  readonly nodeIps: readonly string[];
  /** What pods may use, as Kubernetes quantities: `cpu`, `memory`, `ephemeral-storage`, `hugepages-<size>`. */
  readonly allocatable: Readonly<Record<string, string>>;
  /** Memory of the machine, bytes. */
  readonly memoryCapacityBytes: number;
  /** What the runtime says about a handler in `Status`; undefined when it says nothing of it. */
  runtimeHandlerFeatures(handler: string): RuntimeHandlerFeatures | undefined;
  /** Whether the runtime says in `Status` that mounts may have options. Default false. */
  readonly mountOptions?: boolean;
}

export interface RuntimeHandlerFeatures {
  readonly recursiveReadOnlyMounts: boolean;
  readonly userNamespaces: boolean;
}

/** The host ids that pods with `hostUsers: false` may use. Both are multiples of `idsPerPod`. */
export interface UserNamespaceRange {
  readonly firstId: number;
  readonly length: number;
  /** Ids given to one pod. 65536 unless said (`userNamespaces.idsPerPod`). */
  readonly idsPerPod: number;
}

export type CgroupDriver = 'cgroupfs' | 'systemd';

/** What the node's `kubepods` cgroup is held to. Absent or 0: not written. */
export interface NodeCgroupLimits {
  readonly milliCpu?: number;
  readonly memoryBytes?: number;
  readonly pids?: number;
  /** Bytes by page size (`2Mi`). */
  readonly hugePages?: Readonly<Record<string, number>>;
}

/** A cgroup that somebody else made, and what it is held to (`kubeReservedCgroup`, `systemReservedCgroup`). */
export interface ReservedCgroup {
  /** As configured: `/system.slice`, `kube-reserved`. */
  readonly path: string;
  readonly limits: NodeCgroupLimits;
}

export interface CgroupSettings {
  /** As the runtime uses it (CRI `RuntimeConfig`). Default `cgroupfs`. */
  readonly driver: CgroupDriver;
  readonly version: CgroupVersion;
  /** Where the cgroup file system is mounted; a fake tree in tests. Default `/sys/fs/cgroup`. */
  readonly mountPoint: string;
  /** `cgroupRoot`. Default `/`. */
  readonly root: string;
  /** `cgroupsPerQOS`. False: no pod cgroups, an empty `cgroup_parent`. Default true. */
  readonly perQos: boolean;
  readonly nodeLimits: NodeCgroupLimits;
  /** Cgroups of the system's own processes that are held to what is reserved for them; they must be there. Default: none. */
  readonly reserved: readonly ReservedCgroup[];
  /** The cgroup file system; replaced in tests. */
  readonly tree: CgroupTree;
}

/** The node as pods see it. KubeletConfiguration's names where it has one; see README.md for the table of defaults. */
export interface NodeEnvironment {
  /** `rootDirectory`: holds `pods/<uid>`. Default `/var/lib/kubelet`. */
  readonly rootDir?: string;
  /** `podLogsDir`. Default `/var/log/pods`. */
  readonly podLogsDir?: string;
  readonly nodeName: string;
  readonly facts: () => NodeFacts;
  /** `clusterDomain`. Default empty. */
  readonly clusterDomain?: string;
  /** `clusterDNS`. Default none. */
  readonly clusterDns?: readonly string[];
  /** `resolvConf`: a file, or empty for no resolver file. Default `/etc/resolv.conf`. */
  readonly resolvConf?: string;
  /** The node's hosts file, given to host-network pods. Default `/etc/hosts`. */
  readonly hostsFile?: string;
  readonly cgroups?: Partial<CgroupSettings>;
  /** `cpuCFSQuota`. Default true. */
  readonly cpuCfsQuota?: boolean;
  /** `cpuCFSQuotaPeriod`, ms. Default 100. */
  readonly cpuCfsQuotaPeriodMs?: number;
  /** What resource managers have given to containers. Default: nothing to any. */
  readonly allocations?: ContainerAllocations;
  /** `podPidsLimit`. Default -1: no limit. */
  readonly podPidsLimit?: number;
  /** `defaultPodSysctls`: those of every pod that are of its own namespaces and that it does not set itself. Default none. */
  readonly defaultPodSysctls?: Readonly<Record<string, string>>;
  /** How memory is kept for pods (gate MemoryQoS). Default undefined: not at all, and what an earlier start kept is given free. On cgroup v2 alone. */
  readonly memoryQos?: MemoryQos;
  /** Whether volumes in memory follow a change of their pod's limits (InPlacePodVerticalScalingMemoryBackedVolumes). Default false. */
  readonly resizeMemoryVolumes?: boolean;
  /** `seccompDefault`. Default false. */
  readonly seccompDefault?: boolean;
  /** `singleProcessOOMKill`. Default false on cgroup v2; always so on v1. */
  readonly singleProcessOomKill?: boolean;
  /**
   * CRI handler for each `runtimeClassName` that manifests may name, or what tells it, undefined for a name that has none. Default none: a named class is
   * refused.
   */
  readonly runtimeClassHandlers?: Readonly<Record<string, string>> | ((name: string) => string | undefined);
  /** ConfigMaps, Secrets, claims and whatever else Pods refer to. Default: there are none, and a Pod that refers to one is refused. */
  readonly objects?: PodObjects;
  /**
   * Devices that pods may ask for by annotation (docs/decisions/050): paths such as `/dev/ttyUSB*`, or CDI names such as `vendor.com/camera=*`; a `*`
   * at the end stands for any rest. Default none.
   */
  readonly allowedDevices?: readonly string[];
  /** Default: 65536 ids for each pod from 65536 up to 2^32. */
  readonly userNamespaces?: UserNamespaceRange;
  /** Whether SELinux is on, so that volumes are relabelled. Default false. */
  readonly selinuxEnabled?: boolean;
  /** Page sizes of the host, such as `2Mi`. Default: read from /sys/kernel/mm/hugepages. */
  readonly hugePageSizes?: readonly string[];
  /** Whether cgroups can limit swap. Default: whether `memory.swap.max` (v1: `memory.memsw.limit_in_bytes`) is there. */
  readonly swapAccounting?: boolean;
  /**
   * `memorySwap.swapBehavior: LimitedSwap`: the swap that Burstable pods share by their memory requests, and which pods get none of it all the same.
   * Default: nobody gets any (`NoSwap`). On cgroup v2 only.
   */
  readonly limitedSwap?: LimitedSwap;
  /** Limit of one child process (mount, umount, busctl), ms. Default 30 000. */
  readonly commandTimeoutMs?: number;
  /** Runs mount, umount and busctl; replaced in tests. */
  readonly runCommand?: RunCommand;
  readonly logger?: Logger;
  /** For timestamps of atomically written volumes. Default `Date.now`. */
  readonly now?: () => number;
}
