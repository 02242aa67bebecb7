import type { Pod, ResourceStatus } from '@solo-kubelet/pod-spec';
import type { Rejection } from './rejection.js';

/** One of the node's pressure conditions. */
export interface NodePressure {
  readonly type: 'MemoryPressure' | 'DiskPressure' | 'PIDPressure';
  readonly status: boolean;
  /** When the status last changed. */
  readonly sinceMs: number;
  /** Whether it is only told of, and keeps no pod out: nobody but the defaults asked to watch for it (docs/decisions/151). */
  readonly reportOnly?: boolean;
}

/** What has been given to containers, as far as statuses show it: by pod UID, then by container name. */
export type AllocatedResources = ReadonlyMap<string, ReadonlyMap<string, readonly ResourceStatus[]>>;

/** What the node offers and is: the measure of admission, and what statuses show of it. */
export interface NodeAdmissionFacts {
  readonly nodeName: string;
  /** What pods may use, as Kubernetes quantities: `cpu`, `memory`, `pods`, `ephemeral-storage`, `hugepages-2Mi`, extended resources. */
  readonly allocatable: Readonly<Record<string, string>>;
  /** Another number than before: pods that were refused resources may find some now, though `allocatable` says the same. Default 0. */
  readonly offer?: number;
  /** Default nothing. */
  readonly allocatedResources?: AllocatedResources;
  /** The node's labels: `kubernetes.io/hostname`, `kubernetes.io/os`, `kubernetes.io/arch`, and the configured ones. */
  readonly labels: Readonly<Record<string, string>>;
  /** Addresses of the node, primary first: hostIPs, and the podIPs of host-network pods. */
  readonly nodeIps: readonly string[];
  /** `linux`. */
  readonly operatingSystem: string;
  /** `allowedUnsafeSysctls`: names or prefixes ending in `*`. */
  readonly allowedUnsafeSysctls: readonly string[];
  /** Kernel version, `6.1`: some sysctls are safe only from one on. Undefined: the newest. */
  readonly kernelVersion?: string;
  /** Whether the runtime can hold `supplementalGroupsPolicy: Strict`. */
  readonly supplementalGroupsPolicy: boolean;
  /** Whether the handler of the pod's runtime class has recursively read-only mounts. Default: none has. */
  readonly recursiveReadOnly?: (pod: Pod) => boolean;
  /** Whether CPUs are given to containers for themselves: `cpuManagerPolicy: static`. Default false. */
  readonly staticCpuPolicy?: boolean;
  /** Whether pods may swap by their memory requests: `memorySwap.swapBehavior: LimitedSwap`. Default false. */
  readonly limitedSwap?: boolean;
  /** Whether AppArmor profiles can be used. */
  readonly appArmor: boolean;
  /** The node is going down: nothing new is admitted. */
  readonly shuttingDown: boolean;
  /** What a pod lacks of the other objects of the node, in upstream's words; another function when they changed. Default: nothing. */
  readonly objectRejection?: (pod: Pod) => Rejection | undefined;
  /** What the node is short of; undefined until somebody has looked. In upstream's order. */
  readonly pressures?: readonly NodePressure[];
}
