import type { ContainerConfig, PodSandboxConfig } from '@solo-kubelet/cri-types';
import type { Container, Pod } from '@solo-kubelet/pod-spec';

/** Something a pod's owner should hear of, as an event. */
export interface PodNotice {
  readonly type: 'Normal' | 'Warning';
  /** Kubernetes' reason, such as `MissingClusterDNS`. */
  readonly reason: string;
  readonly message: string;
}

export interface PreparedSandbox {
  readonly config: PodSandboxConfig;
  readonly notices: readonly PodNotice[];
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** What CRI `ImageStatus` tells about an image. */
export interface ImageFacts {
  /** The runtime's id of the image (`sha256:…`), sent as `image.image`. */
  readonly imageId: string;
  /** Numeric user of the image config; undefined when it has none or a named one. */
  readonly uid?: number;
  /** Named user of the image config; empty when it has none. */
  readonly username?: string;
}

export interface PrepareContainerInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly restartCount: number;
  /** IPs of the sandbox, as the runtime lists them; ignored for host-network pods. */
  readonly podIps: readonly string[];
  readonly image: ImageFacts;
  /** Pulled image id by volume name, for the pod's `image` volumes (see podImageVolumes). */
  readonly imageVolumes?: ReadonlyMap<string, string>;
  /** Of an ephemeral container: the one whose processes it sees, unless the pod shares them anyway. */
  readonly targetContainerId?: string;
}

export interface VolumeUsage {
  readonly volumeName: string;
  readonly usedBytes: number;
  readonly usedInodes: number;
  /** What could not be looked into and so is not counted; undefined when everything was. */
  readonly unread?: { readonly count: number; readonly first: unknown };
  /** `emptyDir.sizeLimit`, bytes; undefined when the volume has none. */
  readonly limitBytes?: number;
}

/** Makes and removes what a pod needs around it. Calls for one pod must not overlap; pods may run side by side. */
export interface PodEnvironment {
  /** Root directories and the `kubepods` cgroups; once at start, idempotent. */
  prepareNode(options?: CallOptions): Promise<void>;
  /** Directories, pod cgroup, id mapping and volumes: before RunPodSandbox. Idempotent, also after a kubelet restart. */
  preparePod(pod: Pod, options?: CallOptions): Promise<void>;
  sandboxConfig(pod: Pod, attempt: number, options?: CallOptions): Promise<PreparedSandbox>;
  /** The `runtime_handler` for RunPodSandbox: empty unless the pod names a runtime class. */
  runtimeHandler(pod: Pod): string;
  /** Whether that handler can mount recursively read-only; false where there is none. */
  mountsRecursivelyReadOnly(pod: Pod): boolean;
  /** Environment, /etc/hosts, subPaths and the termination message file: before every CreateContainer. */
  prepareContainer(input: PrepareContainerInput, options?: CallOptions): Promise<ContainerConfig>;
  /** Holds the cgroup of a pod that runs to the resources of this one. What it leaves open stays as it is; without the cgroup nothing is done. */
  resizePod(pod: Pod, options?: CallOptions): Promise<void>;
  /** Rewrites downwardAPI and projected volumes whose contents changed. */
  refreshVolumes(pod: Pod, options?: CallOptions): Promise<void>;
  /** Unmounts what the pod had mounted, memory among it, once it has ended for good; what is on disk stays. Idempotent; preparePod mounts it anew. */
  releaseVolumes(podUid: string, options?: CallOptions): Promise<void>;
  /** What each disk emptyDir and ConfigMap takes, for sizeLimit and eviction. */
  volumeUsage(pod: Pod, options?: CallOptions): Promise<readonly VolumeUsage[]>;
  /** Shares of the burstable level, from the requests of the pods that run. */
  updateQosCgroups(activePods: readonly Pod[], options?: CallOptions): Promise<void>;
  /** After the pod's sandbox has stopped: removes its cgroup, unless something runs in it. preparePod makes it again. */
  releasePod(podUid: string, options?: CallOptions): Promise<void>;
  /** After the last container: unmounts, deletes, releases. Throws a retryable error naming what is left. */
  cleanPod(podUid: string, options?: CallOptions): Promise<void>;
  /** Undoes prepareNode, unless pods are left. */
  cleanNode(options?: CallOptions): Promise<void>;
  /** UIDs of pods that this kubelet has a directory of. */
  listPodUids(): Promise<readonly string[]>;
}
