import { describeError } from '@solo-kubelet/diagnostics';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { Abortable, NodePressure, PodUid, PodView, Termination } from '@solo-kubelet/reconciler';
import { steadyScheduler } from '@solo-kubelet/reconciler';
import { checkInterval } from '@solo-kubelet/timers';
import { delay, fromEmitting, longDelays } from '@solo-kubelet/timers/rxjs';
import { defer, ignoreElements, merge, type Observable, type SchedulerLike, tap } from 'rxjs';
import type { EvictionSignal, SignalReadings, StarvedResource } from './core/eviction-signal.js';
import type { EvictionThreshold } from './core/eviction-threshold.js';
import type { LimitSignal } from './core/local-limits.js';
import type { PodUsages } from './core/pod-usage.js';
import type { Reclaim, StorageLayout } from './core/storage-layout.js';
import { evictionLooks } from './eviction-look.js';

/** What eviction reads and does at the node. */
export interface EvictionPort {
  /** What is left now. Called every 10 s, so it has to be cheap. */
  read(options: Abortable): Promise<{ readonly readings: SignalReadings; readonly layout: StorageLayout }>;
  /** What pods use of it: memory and processes, or also their disks. Only called when somebody has to go. */
  usages(pods: readonly Pod[], what: 'memory' | 'disk', options: Abortable): Promise<PodUsages>;
  /** What pods use of what they limit: their volumes, or also their layers and logs. */
  limitedUsages(pods: ReadonlyMap<Pod, 'volumes' | 'containers'>, options: Abortable): Promise<PodUsages>;
  reclaim(what: Reclaim, options: Abortable): Promise<void>;
}

export interface EvictPodsOptions {
  readonly port: EvictionPort;
  readonly pods$: Observable<ReadonlyMap<PodUid, PodView>>;
  /** Pods of which nothing is left on the node any more, as it happens. */
  readonly cleaned$: Observable<PodUid>;
  readonly thresholds: readonly EvictionThreshold[];
  /** `evictionPressureTransitionPeriod`, ms. */
  readonly transitionPeriodMs: number;
  /** `evictionMaxPodGracePeriod`, s. */
  readonly maxPodGracePeriodSeconds: number;
  /** `localStorageCapacityIsolation`: whether pods are held to limits of their own. */
  readonly enforceLimits: boolean;
  /** Default 10 s (evictionMonitoringPeriod, pkg/kubelet/kubelet.go). */
  readonly intervalMs?: number;
  /** Timers, and the clock of durations and of `SignalReading.atMs`. Nobody may set it. Default `steadyScheduler`. */
  readonly scheduler?: SchedulerLike;
  /** The machine's clock, ms, for the times that conditions show. Default `Date.now`, or the given scheduler's clock. */
  readonly wallNow?: () => number;
}

export type EvictionActivity =
  /** First after the first look, then on every change. */
  | { readonly type: 'pressures'; readonly pressures: readonly NodePressure[] }
  /** The node is short, and has been for long enough. */
  | { readonly type: 'thresholdMet'; readonly signal: EvictionSignal; readonly resource: StarvedResource }
  /** It helped that the node gave something back; no pod has to go. */
  | { readonly type: 'reclaimed'; readonly resource: StarvedResource }
  /** How old the figures were by which a pod is chosen. */
  | { readonly type: 'statsAge'; readonly signal: EvictionSignal; readonly ageMs: number }
  /** To be carried out by whoever listens. */
  | {
      readonly type: 'podChosen';
      readonly podUid: PodUid;
      readonly signal: EvictionSignal | LimitSignal;
      readonly termination: Termination;
    }
  /**
   * A disk is short, and no pod has to go for it yet: the space of an evicted pod may still come back, stats are older than the shortage, or
   * only pods are left that hold less than what somebody who leaves will give back.
   */
  | { readonly type: 'evictionDelayed'; readonly signal: EvictionSignal; readonly until: 'spaceIsBack' | 'statsAreNew' | 'podsAreGone' }
  /** The node is short and nobody can go. */
  | { readonly type: 'nobodyToEvict'; readonly resource: StarvedResource }
  | { readonly type: 'evictionFailed'; readonly message: string };

/** How long the next look waits for an evicted pod to be gone, and how often it asks, ms (podCleanupTimeout, podCleanupPollFreq). */
const CLEANUP_TIMEOUT_MS = 30_000;
const CLEANUP_POLL_MS = 1_000;

/**
 * Watches what the node has left, tells its pressures, and chooses at most one pod at a time that has to go, or several that outgrew their own limits.
 * Upstream: pkg/kubelet/eviction/eviction_manager.go.
 */
export const evictPods = (options: EvictPodsOptions): Observable<EvictionActivity> =>
  defer(() => {
    const { scheduler: givenScheduler = steadyScheduler } = options;
    const intervalMs = checkInterval('intervalMs', options.intervalMs, 10_000);
    const scheduler = longDelays(givenScheduler);
    const wallNow = options.wallNow ?? (options.scheduler === undefined ? Date.now : () => scheduler.now());
    const looks = evictionLooks({ ...options, scheduler, wallNow });
    let pods: ReadonlyMap<PodUid, PodView> = new Map();
    const leaving = new Set<PodUid>();
    const known$ = merge(
      options.pods$.pipe(
        tap((current) => {
          pods = current;
        }),
      ),
      options.cleaned$.pipe(
        tap((uid) => {
          leaving.delete(uid);
          looks.cleaned(uid);
        }),
      ),
    ).pipe(ignoreElements());

    const pause = async (nextMs: number, signal: AbortSignal): Promise<void> => {
      if (leaving.size === 0) return delay(nextMs, scheduler, signal);
      for (let waitedMs = 0; leaving.size > 0 && waitedMs < CLEANUP_TIMEOUT_MS && !signal.aborted; waitedMs += CLEANUP_POLL_MS) {
        await delay(CLEANUP_POLL_MS, scheduler, signal);
      }
      leaving.clear();
    };
    const looks$ = fromEmitting<EvictionActivity>(async (emit, signal) => {
      const tell = (activity: EvictionActivity): void => {
        if (activity.type === 'podChosen') leaving.add(activity.podUid);
        emit(activity);
      };
      while (!signal.aborted) {
        const nextMs = await looks.look([...pods.values()], tell, signal).catch((error: unknown): undefined => {
          tell({ type: 'evictionFailed', message: describeError(error) });
        });
        await pause(Math.min(nextMs ?? intervalMs, intervalMs), signal);
      }
    });
    return merge(known$, looks$);
  });
