import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import type { PodSpec } from '@solo-kubelet/pod-spec';
import type { Observable, SchedulerLike } from 'rxjs';
import type { OrphanPod } from '../core/expand/adopt-pods.js';
import type { SeenPod } from '../core/expand/sync-workload.js';
import type { WorkloadView } from '../core/expand/view-of-workload.js';
import type { WorkloadEntry } from '../core/expand/workload-entry.js';
import type { GuardedPod } from '../core/guard/guard-pod.js';
import type { WorkloadEvent } from '../core/workload.js';
import type { WorkloadStore } from './workload-store.js';

/** What there is of Pods, as the kubelet shows it. */
export interface PodFeedback {
  /** Whether the runtime has been looked at: before that a Pod that is not here may be there all the same. */
  readonly listed: boolean;
  /** By UID. */
  readonly pods: ReadonlyMap<string, SeenPod>;
  /** Pods that run and that nobody asks for; asked once, for workloads whose records were lost. Default: there are none. */
  readonly orphans?: () => readonly OrphanPod[];
}

/** What an event is about. */
export interface AboutWorkload {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export type WorkloadOutput =
  /** What came in, and the Pods and claims of workloads beside it, as events of the source `workload`. */
  | { readonly type: 'manifest'; readonly event: ManifestEvent }
  | { readonly type: 'event'; readonly about: AboutWorkload; readonly event: WorkloadEvent }
  /** A workload has changed; `view` is undefined once it is no more. */
  | { readonly type: 'workload'; readonly key: string; readonly view: WorkloadView | undefined }
  /** Why a Pod of a document does not begin yet; undefined: it may, as far as others are concerned. */
  | { readonly type: 'podWaits'; readonly uid: string; readonly waits: WorkloadEvent | undefined }
  /** Images that a Pod of a document, by `namespace/name`, may go back to. */
  | { readonly type: 'podImages'; readonly key: string; readonly images: readonly string[] }
  /** What is to be written cannot be: nothing is done until it can. */
  | { readonly type: 'trouble'; readonly key: string; readonly message: string };

export interface WorkloadsOptions {
  /** Every source that must have been read once before anything is made or ended. */
  readonly sources: readonly { readonly source: string; readonly path: string }[];
  readonly store: WorkloadStore<WorkloadEntry>;
  /** Of Pods of documents that go back by themselves or wait for others. */
  readonly guardStore: WorkloadStore<GuardedPod>;
  readonly podFeedback$: Observable<PodFeedback>;
  /** Claims, by `namespace/name`, that their workload is to keep no longer. Default: none ever. */
  readonly forgetClaim$?: Observable<string>;
  /** Uids of Pods that somebody wants to be ended; their workloads make others where they want some. Default: nobody does. */
  readonly deletePod$?: Observable<string>;
  readonly node: { readonly name: string; readonly fits: (spec: PodSpec) => boolean };
  /** An identity for what is new, as random as a UUID. */
  readonly newUid: () => string;
  /** Timers, and the clock that durations are measured by. */
  readonly scheduler: SchedulerLike;
  /** The machine's clock, ms. It may jump. */
  readonly wallNow: () => number;
}

/** The word for the source of what workloads made, and the path by which it says `synced`. */
export const WORKLOAD_SOURCE = { source: 'workload', path: 'workloads' } as const;
