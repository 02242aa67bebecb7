import type { ContainerStop, PodAction } from './pod-action.js';
import type { PodUid } from './pod-identity.js';
import type { ResizePending } from './resize/check-resize.js';
import type { ResizeOperation } from './resize/resize-operations.js';

/** What happens inside a step, told by the runtime adapter as it happens. */
export type StepReport =
  | { readonly type: 'imagePulling'; readonly containerName: string; readonly image: string }
  | {
      readonly type: 'imagePulled';
      readonly containerName: string;
      readonly image: string;
      /** Already on the machine: nothing was pulled. */
      readonly present: boolean;
      /** Whether it was asked if this Pod may have it. */
      readonly verified?: boolean;
      readonly durationMs: number;
      /** Including the wait for a free slot. */
      readonly waitedMs: number;
      readonly sizeBytes: number;
    }
  | {
      readonly type: 'imageFailed';
      readonly containerName: string;
      readonly image: string;
      /** The container's waiting reason: `ErrImagePull`, `InvalidImageName`, … */
      readonly reason: string;
      /** As its event tells it. */
      readonly message: string;
    }
  | { readonly type: 'containerCreated'; readonly containerName: string; readonly containerId: string }
  | { readonly type: 'containerStarted'; readonly containerName: string; readonly containerId: string }
  /** An event in the environment's words, such as MissingClusterDNS. */
  | {
      readonly type: 'notice';
      readonly level: 'Normal' | 'Warning';
      readonly reason: string;
      readonly message: string;
      readonly containerName?: string;
    };

/** Everything the reconciler does, as it does it: for logs, metrics and events, and the worker state's only input besides the outside world. */
export type PodActivity =
  | StepReport
  | { readonly type: 'podAdmitted' }
  | { readonly type: 'podRefused'; readonly reason: string; readonly message: string; readonly waits?: 'Normal' | 'Warning' }
  /** There is no room for it now among those that have something for themselves. `revision`: what the answer was based on. */
  | { readonly type: 'allocationRefused'; readonly reason: string; readonly message: string; readonly revision: number }
  /** The pod's end has begun; there is no way back. `orphan`: its manifest went while the kubelet was down. */
  | { readonly type: 'podEnding'; readonly orphan: boolean }
  | { readonly type: 'actionStarted'; readonly action: PodAction }
  | { readonly type: 'actionSucceeded'; readonly action: PodAction; readonly durationMs: number }
  /** `reason` in Kubernetes' words; the sync ends here unless a later container can still start. */
  | {
      readonly type: 'actionFailed';
      readonly action: PodAction;
      readonly reason: string;
      readonly message: string;
      readonly retryAtMs: number;
      /** The container that was made all the same. */
      readonly containerId?: string;
    }
  /** An edit asks for other amounts. */
  | { readonly type: 'resizeRequested'; readonly operations: readonly ResizeOperation[] }
  /** What was deferred fits now; `trigger` in upstream's words: what has made room. */
  | { readonly type: 'resizeAccepted'; readonly trigger: ResizeTrigger }
  /** The manifest asks for amounts that can not be allocated, now or ever. */
  | ({ readonly type: 'resizePending' } & ResizePending)
  /** Other amounts have been allocated; its cgroups follow. */
  | { readonly type: 'resizeStarted' }
  | { readonly type: 'resizeFailed'; readonly message: string }
  | { readonly type: 'resizeCompleted' }
  | { readonly type: 'sandboxChanged' }
  | { readonly type: 'sandboxCreated'; readonly podSandboxId: string; readonly ips: readonly string[] }
  | { readonly type: 'containerStopping'; readonly stop: ContainerStop }
  | { readonly type: 'containerStopped'; readonly stop: ContainerStop; readonly durationMs: number }
  | {
      readonly type: 'hookFailed';
      readonly hook: 'postStart' | 'preStop';
      readonly containerName: string;
      readonly message: string;
      readonly output?: string;
    }
  | {
      readonly type: 'backoff';
      readonly containerName: string;
      readonly reason: string;
      readonly message: string;
      readonly untilMs: number;
    }
  /** A sync is over. The next one waits for an observation that began at `minGeneration` or later. */
  | { readonly type: 'syncFinished'; readonly actions: number; readonly minGeneration: number; readonly requeueAfterMs: number }
  | { readonly type: 'deadlineExceeded' }
  /** Its care tripped over a bug: nothing is done about it for a while, longer each time. */
  | { readonly type: 'setAside'; readonly message: string }
  /** A sync that came while it was set aside. */
  | { readonly type: 'leftAside'; readonly requeueAfterMs: number }
  /** The kubelet ends the pod before its time. */
  | { readonly type: 'terminated'; readonly reason: string; readonly message: string }
  /** Nothing of the pod is left, here or in the runtime. */
  | { readonly type: 'podForgotten' };

export type NodeActivity =
  | { readonly type: 'relisted'; readonly generation: number; readonly durationMs: number; readonly pods: number }
  | { readonly type: 'relistFailed'; readonly message: string }
  /** What the runtime says of one pod could not be had; told once until it can be. */
  | { readonly type: 'podUnread'; readonly podUid: PodUid; readonly message: string }
  | { readonly type: 'podReadAgain'; readonly podUid: PodUid }
  | { readonly type: 'storeFailed'; readonly message: string }
  /** A container is not on its CPUs; tried again. `pod` is `namespace/name`. */
  | {
      readonly type: 'pinFailed';
      readonly podUid: PodUid;
      readonly pod: string;
      readonly containerName: string;
      readonly containerId: string;
      readonly message: string;
    }
  | { readonly type: 'syncCrashed'; readonly podUid: PodUid; readonly message: string };

/** Stamped with when, and with whom where it concerns one pod. `pod` is `namespace/name`. */
export type KubeletActivity =
  // `atMs`: by the steady clock.
  | (PodActivity & { readonly scope: 'pod'; readonly atMs: number; readonly podUid: PodUid; readonly pod: string })
  | (NodeActivity & { readonly scope: 'node'; readonly atMs: number });

/** Upstream's words for what had deferred resizes tried again (pkg/kubelet/allocation/allocation_manager.go). */
export type ResizeTrigger = 'pod_resized' | 'pod_updated' | 'pods_added' | 'pods_removed' | 'pod_terminated';
