import type { Container, LifecycleHandler, Pod } from '@solo-kubelet/pod-spec';
import type { ContainerTarget } from './ephemeral-containers.js';
import type { LoweredMemory } from './resize/check-memory.js';

export type ContainerKind = 'init' | 'sidecar' | 'regular' | 'ephemeral';

/** Why a container is stopped: the key of upstream's Killing messages. */
export type StopReason =
  | 'PodEnded'
  | 'SandboxChanged'
  | 'SpecChanged'
  | 'ResizeRequired'
  | 'LivenessProbe'
  | 'StartupProbe'
  | 'ContainerUnknown'
  | 'RestartAllContainers'
  | 'PostStartHook'
  | 'RestartRequested';

/** How one container is stopped. */
export interface ContainerStop {
  readonly containerId: string;
  readonly containerName: string;
  /** Shared by preStop, the wait for others and the stop itself. */
  readonly gracePeriodSeconds: number;
  readonly preStop?: LifecycleHandler;
  /** Ids that must have ended first: sidecars end after the regular containers and after later sidecars. */
  readonly waitFor: readonly string[];
  readonly reason: StopReason;
  /** Text of the Killing event. */
  readonly message: string;
}

export type PodAction =
  /** What only one pod can have: CPUs, devices. A refusal is no failure: it puts the pod back to those that wait. */
  | { readonly type: 'allocateResources'; readonly running: boolean }
  /** Takes it back: nothing of the pod runs any more. */
  | { readonly type: 'releaseResources' }
  /** All at once, each in its own time. */
  | { readonly type: 'stopContainers'; readonly stops: readonly ContainerStop[] }
  /** `keepLogs`: its logs go with the pod. Default false. */
  | { readonly type: 'removeContainer'; readonly containerId: string; readonly containerName: string; readonly keepLogs?: boolean }
  | { readonly type: 'stopSandbox'; readonly podSandboxId: string }
  | { readonly type: 'removeSandbox'; readonly podSandboxId: string }
  | { readonly type: 'createSandbox'; readonly attempt: number }
  /** Fetches what the pod will need while its predecessor still runs. */
  | { readonly type: 'pullImages' }
  | {
      readonly type: 'startContainer';
      readonly container: Container;
      readonly kind: ContainerKind;
      readonly restartCount: number;
      /** Whose processes it is to see; undefined: its own, or what the pod says. */
      readonly target?: ContainerTarget;
    }
  | { readonly type: 'updateResources'; readonly container: Container; readonly containerId: string }
  /** Goes on only where nothing uses more memory than it is about to be left. */
  | ({ readonly type: 'checkMemory' } & LoweredMemory)
  /**
   * Holds the cgroup of the whole pod to what `limits`, the pod with the resources that count now, asks for. `final`: that is what is allocated;
   * else it is wide enough for old and new.
   */
  | { readonly type: 'resizePod'; readonly limits: Pod; readonly final: boolean }
  /** Brings volumes that show the pod's own metadata up to date. */
  | { readonly type: 'refreshVolumes' }
  /** Unmounts what a pod that has ended for good had mounted: memory is given back, what is on disk stays. */
  | { readonly type: 'releaseVolumes' }
  /** Volumes, directories, cgroup and logs: after the last container. */
  | { readonly type: 'cleanPod' };

/** A container that has to wait. */
export interface Backoff {
  readonly containerName: string;
  readonly reason: 'CrashLoopBackOff';
  readonly message: string;
  readonly untilMs: number;
}

export interface PodPlan {
  readonly actions: readonly PodAction[];
  readonly backoff: readonly Backoff[];
  /** When to look again even if nothing changes. */
  readonly requeueAfterMs?: number;
  /** Nothing is left of a pod that nobody wants: its records may go. */
  readonly done: boolean;
}
