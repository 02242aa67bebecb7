import type { Container, LifecycleHandler, Pod } from '@solo-kubelet/pod-spec';
import type { StepReport } from './core/activity.js';
import type { ObservedContainer, ObservedPod } from './core/observed-pod.js';
import type { PodUid } from './core/pod-identity.js';
import type { MemoryUsage } from './core/resize/check-memory.js';

export interface Abortable {
  readonly signal: AbortSignal;
}

/** Says what happens inside a step as it happens: pulls, creation, notices of the environment. */
export interface Reporting extends Abortable {
  readonly report: (step: StepReport) => void;
}

export interface StartOptions extends Reporting {
  /** Ends what follows the image part, which `signal` ends: creation and start. Default: `signal`. */
  readonly startSignal?: AbortSignal;
}

/** The end of a container as an event of the runtime tells it, before its records do. */
export interface ContainerExit {
  readonly containerId: string;
  readonly exitCode: number;
  /** Unix ms, by the runtime. */
  readonly finishedAtMs: number;
}

/** Something may have changed: at one pod, or anywhere. What changed a fresh relist tells, but for how a container ended, which nothing changes any more. */
export type RuntimeChange =
  | { readonly type: 'pod'; readonly podUid: PodUid; readonly exit?: ContainerExit }
  /** `events`: whether the feed will tell of changes from now on. */
  | { readonly type: 'resync'; readonly reason: string; readonly events: boolean };

/** A step that could not be done, in Kubernetes' words. An abort is thrown instead. */
export interface StepFailure {
  readonly ok: false;
  /** `ErrImagePull`, `CreateContainerConfigError`, `FailedMount`, `FailedCreatePodSandBox`, … */
  readonly reason: string;
  readonly message: string;
  /** The container that was made all the same: it is there, and its end is still to be seen. */
  readonly containerId?: string;
  /** What the pod needs for itself is taken: no failure, but the end of its admission for now. */
  readonly refused?: boolean;
  /** Not worth trying again before; the caller's own delay when absent. */
  readonly retryAtMs?: number;
}

export type StepResult<Value> = ({ readonly ok: true } & Value) | StepFailure;

/**
 * `fellBackToHttp`: the server of an HTTPS hook (`host:port`) speaks plain HTTP, and was asked so. `output`: the end of what a command wrote. It may
 * hold secrets: for events, which only those who may look at the pod can read, never for a log.
 */
export type HookResult = { readonly ok: true; readonly fellBackToHttp?: string } | (StepFailure & { readonly output?: string });

export interface StartContainerInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly restartCount: number;
  readonly podSandboxId: string;
  readonly sandboxAttempt: number;
  readonly podIps: readonly string[];
  /** The container whose processes an ephemeral one sees. */
  readonly targetContainerId?: string;
}

export interface HookInput {
  readonly pod: Pod | undefined;
  readonly podUid: PodUid;
  readonly containerName: string;
  readonly containerId: string;
  readonly handler: LifecycleHandler;
  readonly podIps: readonly string[];
}

/** Every pod that this kubelet started and that has a sandbox or container left. */
export interface PodListing {
  /** Of a pod that could not be read as much as there is to know of it, at least its name. */
  readonly pods: ReadonlyMap<PodUid, ObservedPod>;
  /** Pods of which something could not be read, and why. */
  readonly unread: ReadonlyMap<PodUid, string>;
}

/**
 * What the reconciler needs of a container runtime and of the machine around the pods, in kubelet words. Each method does one thing and may be called
 * again after any failure. Calls for one pod never overlap, except relists, hooks and `pinContainer`. Only what this kubelet started is ever listed or touched.
 */
export interface RuntimePort {
  /** Rejects rather than tell of less than all pods. */
  list(options: Abortable): Promise<PodListing>;
  /** One pod; undefined when nothing of it is left. Rejects when something of it can't be read. */
  inspect(podUid: PodUid, options: Abortable): Promise<ObservedPod | undefined>;
  /** Runtime events, for as long as they can be had; ends or throws when not. Absent: relisting alone has to do. */
  changes?(options: Abortable): AsyncIterable<RuntimeChange>;
  /**
   * A container that was last seen running, as its exit has left it, in the words in which a relist will show it. Undefined: only a relist can tell.
   * Absent: likewise.
   */
  endOf?(exit: ContainerExit, options: Abortable): Promise<ObservedContainer | undefined>;
  /** Directories, cgroup, volumes and network of the pod. */
  createSandbox(
    pod: Pod,
    attempt: number,
    options: Reporting,
  ): Promise<StepResult<{ readonly podSandboxId: string; readonly ips: readonly string[] }>>;
  /** Images of all containers, as far as they can be had; failures are left to the start. */
  pullImages(pod: Pod, options: Reporting): Promise<void>;
  /** Pull, create, start. */
  startContainer(input: StartContainerInput, options: StartOptions): Promise<StepResult<{ readonly containerId: string }>>;
  /** Runs a postStart or preStop handler. */
  runHook(input: HookInput, options: Abortable): Promise<HookResult>;
  /** Returns when the container has ended. An unknown container is fine. */
  stopContainer(containerId: string, timeoutSeconds: number, options: Abortable): Promise<void>;
  /** `keepLogs`: only the container goes. Default false. */
  removeContainer(containerId: string, options: Abortable & { readonly keepLogs?: boolean }): Promise<void>;
  stopSandbox(podSandboxId: string, options: Abortable): Promise<void>;
  removeSandbox(podSandboxId: string, options: Abortable): Promise<void>;
  /** What a running pod and some of its containers use of memory now. What the runtime does not tell is missing. */
  memoryUsage(of: { readonly podSandboxId: string; readonly containerIds: readonly string[] }, options: Abortable): Promise<MemoryUsage>;
  updateResources(pod: Pod, container: Container, containerId: string, options: Abortable): Promise<void>;
  /** Puts a running container on these CPUs (`0-1,4`), whatever else is being done for its pod. */
  pinContainer(containerId: string, cpus: string, options: Abortable): Promise<void>;
  /** Holds the cgroup of a whole pod that runs to the resources of this pod. */
  resizePod(limits: Pod, options: Abortable): Promise<void>;
  /** Volumes, directories, cgroup, logs and back-off records of a pod that has ended. */
  cleanPod(podUid: PodUid, options: Abortable): Promise<void>;
  /** Pods of which something is left that `cleanPod` removes, whether the runtime knows them or not. */
  listOrphanedPods(options: Abortable): Promise<readonly PodUid[]>;
  /** Forgets pull back-offs of a pod: a user asked to try again now. */
  forgetBackoff(podUid: PodUid): void;
  /** Unmounts what the pod has mounted, once it has ended for good. */
  releaseVolumes(podUid: PodUid, options: Abortable): Promise<void>;
  /** Brings live volumes (downwardAPI) up to date. */
  refreshVolumes(pod: Pod, options: Abortable): Promise<void>;
}
