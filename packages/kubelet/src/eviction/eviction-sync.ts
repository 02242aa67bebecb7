import type { Pod } from '@solo-kubelet/pod-spec';
import type { PodUid, PodView } from '@solo-kubelet/reconciler';
import { isCriticalPod, isTerminal } from '@solo-kubelet/reconciler';
import type { SchedulerLike } from 'rxjs';
import { chooseVictim } from './core/choose-victim.js';
import {
  awaitedStats,
  awaitsSpace,
  type DiskCandidates,
  helpfulPods,
  isBeingEvicted,
  isOfDisk,
  leavingPods,
  NO_SHORTAGE,
  STATS_PERIOD_MS,
  takeEvicted,
  takeGone,
  takeReading,
  takeUsages,
} from './core/disk-shortage.js';
import { resourceOf } from './core/eviction-signal.js';
import type { EvictionThreshold } from './core/eviction-threshold.js';
import { reclaimsFor, type StorageLayout, withContainerFs } from './core/storage-layout.js';
import { anyUnresolved, byUrgency, newThresholdWatch, watchThresholds } from './core/watch-thresholds.js';
import type { EvictionActivity, EvictPodsOptions } from './eviction-port.js';
import { pacedLimits } from './paced-limits.js';

interface EvictionSyncs {
  /** Measures the node once and tells what has to be done; gives in how many ms to do so again, if that is sooner than usual. */
  synchronize(views: readonly PodView[], emit: (activity: EvictionActivity) => void, signal: AbortSignal): Promise<number | undefined>;
  /** Nothing is left of this pod on the node. */
  cleaned(uid: PodUid): void;
}
type Options = Omit<EvictPodsOptions, 'pods$' | 'cleaned$' | 'intervalMs'> & {
  readonly scheduler: SchedulerLike;
  readonly wallNow: () => number;
};

/** How long to wait at least before disks are looked at again, ms. */
const SHORTEST_WAIT_MS = 1_000;

/** One synchronization after another, each of which remembers what the last one measured (upstream eviction_manager.go synchronize). */
export const evictionSyncs = (options: Options): EvictionSyncs => {
  const { port, scheduler, wallNow, transitionPeriodMs, maxPodGracePeriodSeconds, enforceLimits } = options;
  const thresholdsOf = forLayout(options.thresholds);
  const limitsOf = pacedLimits(options);
  let watch = newThresholdWatch(wallNow());
  let shortage = NO_SHORTAGE;
  let told = false;

  const synchronize: EvictionSyncs['synchronize'] = async (views, tell, signal) => {
    const active = views.filter(isActive);
    const pods = active.map(allocatedPod);
    const { readings, layout } = await port.read({ signal });
    const thresholds = thresholdsOf(layout);
    const before = watch.pressures;
    watch = watchThresholds(watch, { thresholds, readings, transitionPeriodMs, nowMs: scheduler.now(), wallMs: wallNow() });
    const present = new Set(views.map(({ podUid }) => podUid));
    shortage = takeReading(shortage, { overdue: watch.overdue, readings, present, nowMs: scheduler.now() });
    const emit = (activity: EvictionActivity): void => {
      if (activity.type === 'podChosen') shortage = takeEvicted(shortage, activity.podUid, readings);
      tell(activity);
    };
    if (!told || watch.pressures !== before) emit({ type: 'pressures', pressures: watch.pressures });
    told = true;

    if (enforceLimits) {
      const exceeding = await limitsOf(pods, layout, emit, signal);
      shortage = takeUsages(shortage, exceeding, new Set());
      if (exceeding.size > 0) return undefined;
    }
    const ordered = byUrgency(watch.overdue);
    const [urgent] = ordered;
    if (urgent === undefined) return undefined;
    const [worst, ...rest] = ordered.filter(({ reportOnly }) => reportOnly !== true);
    const ofDisk = worst !== undefined && isOfDisk(worst.signal);
    if (ofDisk && awaitsSpace(shortage, worst.signal, layout, readings)) {
      emit({ type: 'evictionDelayed', signal: worst.signal, until: 'spaceIsBack' });
      return SHORTEST_WAIT_MS;
    }
    const resource = resourceOf(urgent.signal);
    emit({ type: 'thresholdMet', signal: urgent.signal, resource });

    const reclaims = reclaimsFor(urgent.signal, layout);
    for (const what of reclaims) await port.reclaim(what, { signal });
    if (reclaims.length > 0 && !anyUnresolved(thresholds, (await port.read({ signal })).readings)) {
      emit({ type: 'reclaimed', resource });
      return undefined;
    }
    if (worst === undefined) return undefined;
    const starved = resourceOf(worst.signal);
    const leaving = leavingPods(
      shortage,
      views.filter(({ terminating }) => terminating).map(({ podUid }) => podUid),
    );
    const measured = ofDisk
      ? views.filter((view) => isActive(view) || (leaving.has(view.podUid) && !shortage.usages.has(view.podUid)))
      : active;
    const usages = await port.usages(measured.map(allocatedPod), ofDisk ? 'disk' : 'memory', { signal });
    for (const { signal: name } of [worst, ...rest]) {
      const reading = readings[name];
      if (reading !== undefined) emit({ type: 'statsAge', signal: name, ageMs: scheduler.now() - reading.atMs });
    }
    const eligible = active.filter((view) => (usages.has(view.podUid) || runs(view)) && !isBeingEvicted(shortage, view.podUid));
    let candidates = eligible.map(allocatedPod);
    if (ofDisk) {
      shortage = takeUsages(shortage, usages, leaving);
      const nowMs = scheduler.now();
      const all: DiskCandidates = {
        threshold: worst,
        layout,
        readings,
        pods: candidates.filter((pod) => !isCriticalPod(pod)),
        leaving,
        nowMs,
      };
      const stale = awaitedStats(shortage, all);
      if (stale !== undefined) {
        emit({ type: 'evictionDelayed', signal: worst.signal, until: 'statsAreNew' });
        return Math.min(Math.max(stale.oldestMs + STATS_PERIOD_MS - nowMs, SHORTEST_WAIT_MS), STATS_PERIOD_MS);
      }
      candidates = [...helpfulPods(shortage, all)];
      if (candidates.length < all.pods.length && candidates.length === 0) {
        emit({ type: 'evictionDelayed', signal: worst.signal, until: 'podsAreGone' });
        return undefined;
      }
    }
    const victim = chooseVictim({
      thresholds: [worst, ...rest],
      readings,
      layout,
      pods: candidates,
      usages,
      maxPodGracePeriodSeconds,
      transitionPeriodMs,
    });
    emit(victim === undefined ? { type: 'noEvictionCandidate', resource: starved } : { type: 'podChosen', ...victim });
    return undefined;
  };

  return {
    synchronize,
    cleaned: (uid) => {
      shortage = takeGone(shortage, uid, scheduler.now());
    },
  };
};

/** Who is to go, and what a pod is held to, goes by what it has been allocated (getAllocatedPods in pkg/kubelet/kubelet_pods.go). */
const allocatedPod = ({ pod, allocated }: PodView): Pod => allocated ?? pod;

/** The layout is that of the machine: as good as constant, and so are the thresholds, which are told apart by identity. */
const forLayout = (thresholds: readonly EvictionThreshold[]): ((layout: StorageLayout) => readonly EvictionThreshold[]) => {
  const made = new Map<StorageLayout, readonly EvictionThreshold[]>();
  return (layout) => {
    const known = made.get(layout) ?? withContainerFs(thresholds, layout);
    made.set(layout, known);
    return known;
  };
};

const isActive = ({ pod, terminating }: PodView): boolean => !terminating && !isTerminal(pod.status);

/** Whoever neither runs nor uses anything that was measured has nothing to give. */
const runs = ({ pod: { status } }: PodView): boolean =>
  [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].some(({ state }) => state?.running !== undefined);
