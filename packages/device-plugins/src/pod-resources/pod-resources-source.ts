import type { Pod } from '@solo-kubelet/pod-spec';
import type { DeviceInstance } from '../device-manager.js';

/** Memory that a container has, or that there is to have, on some NUMA nodes. */
export interface MemoryBlock {
  /** `memory` or `hugepages-2Mi`. */
  readonly type: string;
  readonly bytes: bigint;
  readonly numaNodes: readonly number[];
}

/** What the PodResources API tells of. */
export interface PodResourcesSource {
  /** Pods that have been admitted and have not ended. */
  pods(): readonly Pod[];
  devices(podUid: string, containerName: string): readonly DeviceInstance[];
  allocatableDevices(): readonly DeviceInstance[];
  /** CPUs that are a container's own. Default none. */
  cpus?(podUid: string, containerName: string): readonly number[];
  /** CPUs that containers may have for themselves. Default none. */
  allocatableCpus?(): readonly number[];
  /** Default none. */
  memory?(podUid: string, containerName: string): readonly MemoryBlock[];
  /** Default none. */
  allocatableMemory?(): readonly MemoryBlock[];
}
