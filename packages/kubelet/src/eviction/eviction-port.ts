import type { Pod } from '@solo-kubelet/pod-spec';
import type { Abortable, NodePressure, PodUid, PodView, Termination } from '@solo-kubelet/reconciler';
import type { Observable, SchedulerLike } from 'rxjs';
import type { EvictionSignal, SignalReadings, StarvedResource } from './core/eviction-signal.js';
import type { EvictionThreshold } from './core/eviction-threshold.js';
import type { LimitSignal } from './core/local-limits.js';
import type { PodUsages } from './core/pod-usage.js';
import type { Reclaim, StorageLayout } from './core/storage-layout.js';

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
  /** How old the measurements were by which a pod is chosen. */
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
  | { readonly type: 'noEvictionCandidate'; readonly resource: StarvedResource }
  | { readonly type: 'evictionFailed'; readonly message: string };
