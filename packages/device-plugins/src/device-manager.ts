import type { Pod, ResourceStatus } from '@solo-kubelet/pod-spec';
import type { ContainerDevices } from './core/container-allocation.js';
import type { DeviceResources } from './core/device-resources.js';
import type { TopologyHint } from './core/topology-hints.js';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface AllocateOptions extends CallOptions {
  /** Something of the pod already runs: what its containers have is kept whatever has become of it. Default false. */
  readonly running?: boolean | undefined;
}

export interface ContainerAllocateOptions extends AllocateOptions {
  /** NUMA nodes that a topology manager has chosen for the container. Default: no matter. */
  readonly affinity?: ReadonlySet<number> | undefined;
}

/** Why a pod can't have its devices now, in Kubernetes' words. */
export interface DeviceRejection {
  readonly reason: 'UnexpectedAdmissionError';
  readonly message: string;
}

/**
 * `devices`: plugins tell something else than before, or one that failed is worth another try: pods that were refused may be served now. `allocations`:
 * a pod was given something, or gave it back.
 */
export type DeviceChange = 'devices' | 'allocations';

/** A device that a container has, or that is there to be had. */
export interface DeviceInstance {
  readonly resourceName: string;
  readonly deviceId: string;
  readonly numaNodes: readonly number[];
}

/**
 * The kubelet's side of device plugins. Nothing happens before `start`; disposing ends it and leaves the plugins, the devices and the checkpoint alone.
 * Calls for one pod must not overlap; pods may come side by side.
 */
export interface DeviceManager extends AsyncDisposable {
  /** Reads the checkpoint, then serves kubelet.sock and looks for plugins. Throws a DevicePluginError when it can't. */
  start(): Promise<void>;
  /**
   * Gives every container of the pod the devices that its limits name, or gives the pod nothing and says why. A pod that has all it needs keeps it. Rejects
   * only when aborted, or when the checkpoint can't be written.
   */
  allocate(pod: Pod, options?: AllocateOptions): Promise<DeviceRejection | undefined>;
  /**
   * The same for one container, whatever becomes of the others: for topology managers, which decide container by container. Containers must come in the
   * order in which they run, init containers first.
   */
  allocateContainer(pod: Pod, containerName: string, options?: ContainerAllocateOptions): Promise<DeviceRejection | undefined>;
  /** Takes the pod's devices back: nothing of it runs any more. A pod that has none is fine. */
  release(podUid: string): Promise<void>;
  /** Before every start of a container: lets plugins that want it prepare its devices. Throws a DevicePluginError when they don't. */
  beforeStart(podUid: string, containerName: string, options?: CallOptions): Promise<void>;
  /** Pods that have devices, also those of earlier processes. */
  holders(): readonly string[];
  /** What a container needs to use its devices; undefined when it has none. */
  allocations(podUid: string, containerName: string): ContainerDevices | undefined;
  /** For capacity, allocatable and admission of the node. */
  resources(): DeviceResources;
  /** `allocatedResourcesStatus` of each container of a pod that has devices. */
  health(podUid: string): ReadonlyMap<string, readonly ResourceStatus[]>;
  /** A container's devices. */
  devices(podUid: string, containerName: string): readonly DeviceInstance[];
  /** All healthy devices, whoever has them. */
  allocatableDevices(): readonly DeviceInstance[];
  /**
   * For a topology manager: by resource, the sets of NUMA nodes (of those given) that could serve a container, or all containers of the pod together;
   * undefined: any.
   */
  topologyHints(
    pod: Pod,
    containerName: string | undefined,
    numaNodes: readonly number[],
  ): ReadonlyMap<string, readonly TopologyHint[] | undefined>;
  /** Calls back after every change of what the other methods tell. The result takes that back. */
  onChange(listener: (change: DeviceChange) => void): () => void;
}
