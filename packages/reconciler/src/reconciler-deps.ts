import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import type { ProbeReport, ProbeTarget } from '@solo-kubelet/probe-engine';
import type { Observable, OperatorFunction, SchedulerLike } from 'rxjs';
import type { NodeAdmissionFacts } from './core/admission/node-admission-facts.js';
import type { BackoffPolicy } from './core/crash-backoff.js';
import type { ToldEvent } from './core/event-of-activity.js';
import type { KubeletEvent } from './core/kubelet-event.js';
import type { PodUid } from './core/pod-identity.js';
import type { Termination } from './core/termination.js';
import type { CpuAssignments } from './keep-pinned.js';
import type { ResourceAllocator } from './resource-allocator.js';
import type { RuntimePort } from './runtime-port.js';
import type { StatusStore } from './status-store.js';

/** What a user, or a watch over the node, asks of a pod. */
export type ReconcilerCommand =
  /** Ends every wait of the pod (crash and pull back-off); when nothing waits, restarts its containers. */
  | { readonly type: 'restart'; readonly podUid: PodUid }
  /** Ends an admitted pod before its time. */
  | { readonly type: 'terminate'; readonly podUid: PodUid; readonly termination: Termination }
  /** An error came out of its care, outside of any promise: gives up what is being done for it and sets it aside for a while. */
  | { readonly type: 'crashed'; readonly podUid: PodUid; readonly message: string }
  /** An object that the pod refers to has come or changed: what failed for the lack of it goes ahead now, and live volumes are written anew. */
  | { readonly type: 'refresh'; readonly podUid: PodUid }
  /** Relists the pod now. */
  | { readonly type: 'sync'; readonly podUid: PodUid };

export interface ReconcilerDeps {
  readonly manifestEvent$: Observable<ManifestEvent>;
  /** Every configured source; pods that no manifest asks for are left alone until each has said `synced`. */
  readonly sources: readonly { readonly source: string; readonly path: string }[];
  readonly runtime: RuntimePort;
  /** Gives pods what only one can have, before they run. Default: there is nothing to give. */
  readonly resources?: ResourceAllocator;
  /** Which CPUs containers are kept on. Default: they stay where they are. */
  readonly cpus?: CpuAssignments;
  /** `runProbes(…)` of probe-engine; absent: nothing is probed. */
  readonly runProbes?: OperatorFunction<readonly ProbeTarget[], ProbeReport>;
  /** What pods are admitted against and shown; emits again when it changes. */
  readonly node$: Observable<NodeAdmissionFacts>;
  readonly commands$?: Observable<ReconcilerCommand>;
  /** What others have to tell of the node, or of workloads, to be counted among the events. Default: nothing. */
  readonly nodeEvent$?: Observable<ToldEvent>;
  /** What outlives the process and the runtime's records. Default: nothing does. */
  readonly store?: StatusStore;
  /** Emits when the run is about to end: records that were held back for a newer one are written at once. Default: never. */
  readonly stop$?: Observable<unknown>;
  /** Events of earlier processes and where new ones are kept. At most this many are held, oldest dropped. Default 1000. */
  readonly maxEvents?: number;
  readonly initialEvents?: readonly KubeletEvent[];
  /** `crashLoopBackOff.maxContainerRestartPeriod` as `maxMs`. Default 10 s doubling to 300 s. */
  readonly backoff?: Partial<Pick<BackoffPolicy, 'initialMs' | 'maxMs'>>;
  /** Relist period while the runtime sends no events, ms. Default 1000, as upstream's genericPlegRelistPeriod. */
  readonly relistIntervalMs?: number;
  /** Relist period while its events arrive, ms. Default 10 000. */
  readonly relistWithEventsIntervalMs?: number;
  /** How often every pod is looked at though nothing changed, ms. Default 60 000, `syncFrequency`. */
  readonly syncFrequencyMs?: number;
  /** Timers, and the clock that durations are measured by. Nobody may set it. Default `steadyScheduler`. */
  readonly scheduler?: SchedulerLike;
  /** The machine's clock, ms, for the times that statuses and events show. It may jump. Default `Date.now`, or the given scheduler's clock. */
  readonly wallNow?: () => number;
}
