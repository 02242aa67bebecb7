import type { Pod, ResourceRequirements } from '@solo-kubelet/pod-spec';
import type { BackoffEntry } from './crash-backoff.js';
import type { Allocating } from './resize/allocating.js';
import type { ResizePending } from './resize/check-resize.js';
import type { PodResources } from './resize/pod-resources.js';
import type { Termination } from './termination.js';

/** Why a container could not be started, until it can. */
export interface StartFailure {
  /** Kubernetes' waiting reason: `ErrImagePull`, `CreateContainerError`, … */
  readonly reason: string;
  readonly message: string;
  /** Not tried again before. */
  readonly retryAtMs: number;
  /** In a row. */
  readonly failures: number;
  /** The container that was made all the same: what the failure is told of once that one has been seen. */
  readonly containerId?: string;
}

/** A resize that was allocated and could not be carried out, until it can. */
export interface ResizeFailure {
  readonly message: string;
  /** Not tried again before. */
  readonly retryAtMs: number;
  /** In a row. */
  readonly failures: number;
}

export type Admission =
  | { readonly state: 'pending' }
  | { readonly state: 'admitted' }
  | {
      readonly state: 'refused';
      readonly reason: string;
      readonly message: string;
      readonly waits?: 'Normal' | 'Warning';
      /** Refused when resources were to be allocated: not asked again while the kubelet state's `resourceRevision` is this. */
      readonly atRevision?: number;
    };

/** What the kubelet itself knows about a pod and no one else could tell it. */
export interface PodWorkerState {
  /**
   * The manifest with the resources that are allocated to the pod, kept after its removal until the pod has ended. An edit that asks for other
   * amounts is taken over once it fits. Undefined for orphans found after a restart.
   */
  readonly pod: Pod | undefined;
  /** Whether its end was asked for. Never goes back: a pod that returns meanwhile starts anew afterwards. */
  readonly removed: boolean;
  readonly admission: Admission;
  /** Why this process ended the pod before its time; undefined while it has not. */
  readonly termination: Termination | undefined;
  /** Holds what only one pod can have, or may hold it from an earlier process. */
  readonly resources: 'unknown' | 'held' | 'released';
  /** By container name; that of the whole pod is WHOLE_POD. */
  readonly backoff: ReadonlyMap<string, BackoffEntry>;
  readonly startFailures: ReadonlyMap<string, StartFailure>;
  /** Container ids that a user asked to restart. */
  readonly restartRequested: ReadonlySet<string>;
  /** The pod's own steps (sandbox, volumes, clean-up) failed this many times in a row; not tried again before `retryAtMs`. */
  readonly failures: number;
  readonly retryAtMs: number;
  /** How often in a row its care tripped over a bug. */
  readonly crashes: number;
  /** Passes in a row that had something to do: a guard against a runtime that never gets there. */
  readonly runningSyncs: number;
  /** A sync may only use an observation that began at or after this number. */
  readonly minGeneration: number;
  /** A sync is acting on the pod: what is seen of it now may be half-way. */
  readonly inPass: boolean;
  /** Containers that the newest sync stops in order to start them again: name → id of the instance that goes. */
  readonly restarting: ReadonlyMap<string, string>;
  /** How often its manifest was written again as it was. */
  readonly touches: number;
  /** How often an object that it refers to came or changed. */
  readonly refreshes: number;
  readonly imagesPulled: boolean;
  readonly cleaned: boolean;
  /** The manifest that the pod's live volumes were last written from. */
  readonly volumesOf: Pod | undefined;
  /** Nothing of the pod is mounted any more. */
  readonly volumesReleased: boolean;
  /** What an earlier kubelet process had allocated, for as long as nobody has read the manifest. */
  readonly allocatedBefore: PodResources | undefined;
  /** Names of the init containers that an earlier kubelet process knew, in their order: sidecars end by it when nobody has the manifest. */
  readonly initsBefore: readonly string[];
  /** The manifest with amounts that fit, until they are on record: only then they are allocated, since no restart may forget what was sent. */
  readonly allocating: Allocating | undefined;
  /** Why the manifest's resources are not allocated; undefined when they are. */
  readonly resizePending: ResizePending | undefined;
  readonly resizeFailure: ResizeFailure | undefined;
  /** Container name → cpu and memory that its instance is held to, as last sent to the runtime. */
  readonly actuated: ReadonlyMap<string, ResourceRequirements>;
  /** What the cgroup of the pod as a whole was last held to; undefined when this is not known. */
  readonly podCgroup: PodResources | undefined;
  /** Container name → what its instance may have as well, since the outcome of a call is not known. */
  readonly unconfirmed: ReadonlyMap<string, ResourceRequirements>;
  /** The same of the pod as a whole. */
  readonly podUnconfirmed: PodResources | undefined;
}

export const newWorkerState = (pod: Pod | undefined): PodWorkerState => ({
  pod,
  removed: false,
  admission: { state: 'pending' },
  termination: undefined,
  resources: 'unknown',
  backoff: new Map(),
  startFailures: new Map(),
  restartRequested: new Set(),
  failures: 0,
  retryAtMs: 0,
  crashes: 0,
  runningSyncs: 0,
  minGeneration: 0,
  inPass: false,
  restarting: new Map(),
  touches: 0,
  refreshes: 0,
  imagesPulled: false,
  cleaned: false,
  volumesOf: undefined,
  volumesReleased: false,
  allocatedBefore: undefined,
  initsBefore: [],
  allocating: undefined,
  resizePending: undefined,
  resizeFailure: undefined,
  actuated: new Map(),
  podCgroup: undefined,
  unconfirmed: new Map(),
  podUnconfirmed: undefined,
});

/** What each part of a worker state is: an order to the pod's worker, which syncs the pod when it changes, or a note about what has been done. */
const PARTS: Readonly<Record<keyof PodWorkerState, 'order' | 'note'>> = {
  pod: 'order',
  removed: 'order',
  admission: 'order',
  termination: 'order',
  restartRequested: 'order',
  touches: 'order',
  refreshes: 'order',
  resources: 'note',
  backoff: 'note',
  startFailures: 'note',
  failures: 'note',
  retryAtMs: 'note',
  crashes: 'note',
  runningSyncs: 'note',
  minGeneration: 'note',
  inPass: 'note',
  restarting: 'note',
  imagesPulled: 'note',
  cleaned: 'note',
  volumesOf: 'note',
  volumesReleased: 'note',
  allocatedBefore: 'note',
  initsBefore: 'note',
  allocating: 'note',
  resizePending: 'note',
  resizeFailure: 'note',
  actuated: 'note',
  podCgroup: 'note',
  unconfirmed: 'note',
  podUnconfirmed: 'note',
};

const ORDERS = (Object.keys(PARTS) as (keyof PodWorkerState)[]).filter((part) => PARTS[part] === 'order');

/** Whether the pod's worker has been asked for nothing new. */
export const sameOrders = (a: PodWorkerState, b: PodWorkerState): boolean => a === b || ORDERS.every((part) => a[part] === b[part]);

export const withEntry = <K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> => new Map(map).set(key, value);

export const withoutKey = <K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> => {
  if (!map.has(key)) return map;
  const copy = new Map(map);
  copy.delete(key);
  return copy;
};
