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
  /** CPUs that a pod as a whole has for itself, beside those of its containers. Default none. */
  podCpus?(podUid: string): readonly number[];
  /** The same of memory. Default none. */
  podMemory?(podUid: string): readonly MemoryBlock[];
  /** CPUs that containers may have for themselves. Default none. */
  allocatableCpus?(): readonly number[];
  /** Default none. */
  memory?(podUid: string, containerName: string): readonly MemoryBlock[];
  /** Default none. */
  allocatableMemory?(): readonly MemoryBlock[];
}
