import { describeError } from '@solo-kubelet/diagnostics';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { SchedulerLike } from 'rxjs';
import { isCriticalPod } from '../core/critical-pod.js';
import { chooseVictim, IMMEDIATE_GRACE_SECONDS } from '../core/eviction/choose-victim.js';
import { resourceOf } from '../core/eviction/eviction-signal.js';
import type { EvictionThreshold } from '../core/eviction/eviction-threshold.js';
import { exceededLimit, localLimits } from '../core/eviction/local-limits.js';
import type { PodUsages } from '../core/eviction/pod-usage.js';
import { reclaimsFor, type StorageLayout, withContainerFs } from '../core/eviction/storage-layout.js';
import { anyUnresolved, byUrgency, newThresholdWatch, watchThresholds } from '../core/eviction/watch-thresholds.js';
import { uidOf } from '../core/pod-identity.js';
import type { PodView } from '../core/pod-view.js';
import { isTerminal } from '../core/termination.js';
import type { EvictionActivity, EvictPodsOptions } from './evict-pods.js';

type Look = (views: readonly PodView[], emit: (activity: EvictionActivity) => void, signal: AbortSignal) => Promise<void>;
type Options = Omit<EvictPodsOptions, 'pods$' | 'cleaned$' | 'intervalMs'> & {
  readonly scheduler: SchedulerLike;
  readonly wallNow: () => number;
};

/** One look at the node after another, each of which remembers what the last one saw. */
export const evictionLook = (options: Options): Look => {
  const { port, scheduler, wallNow, transitionPeriodMs, maxPodGracePeriodSeconds, enforceLimits } = options;
  const thresholdsOf = forLayout(options.thresholds);
  const limitsOf = pacedLimits(options);
  let watch = newThresholdWatch(wallNow());
  let told = false;

  return async (views, emit, signal) => {
    const pods = views.filter(isActive).map(({ pod }) => pod);
    const { readings, layout } = await port.read({ signal });
    const thresholds = thresholdsOf(layout);
    const before = watch.pressures;
    watch = watchThresholds(watch, { thresholds, readings, transitionPeriodMs, nowMs: scheduler.now(), wallMs: wallNow() });
    if (!told || watch.pressures !== before) emit({ type: 'pressures', pressures: watch.pressures });
    told = true;

    if (enforceLimits && (await limitsOf(pods, layout, emit, signal))) return;
    const [urgent, ...others] = byUrgency(watch.overdue);
    if (urgent === undefined) return;
    const resource = resourceOf(urgent.signal);
    emit({ type: 'thresholdMet', signal: urgent.signal, resource });

    const reclaims = reclaimsFor(urgent.signal, layout);
    for (const what of reclaims) await port.reclaim(what, { signal });
    if (reclaims.length > 0 && !anyUnresolved(thresholds, (await port.read({ signal })).readings)) {
      emit({ type: 'reclaimed', resource });
      return;
    }
    const [worst, ...rest] = [urgent, ...others].filter(({ sparesPods }) => sparesPods !== true);
    if (worst === undefined) return;
    const starved = resourceOf(worst.signal);
    const usages = await port.usages(pods, starved === 'memory' || starved === 'pids' ? 'memory' : 'disk', { signal });
    for (const { signal: name } of [worst, ...rest]) {
      const reading = readings[name];
      if (reading !== undefined) emit({ type: 'statsAge', signal: name, ageMs: scheduler.now() - reading.atMs });
    }
    const victim = chooseVictim({
      thresholds: [worst, ...rest],
      readings,
      layout,
      pods: views.filter((view) => isActive(view) && (usages.has(view.podUid) || runs(view))).map(({ pod }) => pod),
      usages,
      maxPodGracePeriodSeconds,
      transitionPeriodMs,
    });
    emit(victim === undefined ? { type: 'nobodyToEvict', resource: starved } : { type: 'podChosen', ...victim });
  };
};

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

/** Walks through volumes take at most this share of the time, but are made once a minute however long they take. */
const WALK_SHARE = 0.01;
const LONGEST_PAUSE_MS = 60_000;

/** Ends pods that outgrew a limit of their own, unless they are critical; tells whether there were any. */
const pacedLimits = ({ port, scheduler }: Options) => {
  let notBeforeMs = 0;
  return async (
    pods: readonly Pod[],
    layout: StorageLayout,
    emit: (activity: EvictionActivity) => void,
    signal: AbortSignal,
  ): Promise<boolean> => {
    const limited = new Map(
      pods.flatMap((pod) => {
        const what = localLimits(pod);
        return what === 'none' || isCriticalPod(pod) ? [] : [[pod, what] as const];
      }),
    );
    const startedMs = scheduler.now();
    if (limited.size === 0 || startedMs < notBeforeMs) return false;
    const usages: PodUsages = await port.limitedUsages(limited, { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      emit({ type: 'evictionFailed', message: describeError(error) }); // which is no reason not to look after the node
      return new Map();
    });
    const endedMs = scheduler.now();
    notBeforeMs = endedMs + Math.min((endedMs - startedMs) / WALK_SHARE, LONGEST_PAUSE_MS);
    let any = false;
    for (const pod of limited.keys()) {
      const usage = usages.get(uidOf(pod));
      const exceeded = usage && exceededLimit(pod, usage, layout);
      if (exceeded === undefined) continue;
      any = true;
      const { signal: limit, message } = exceeded;
      const termination = { reason: 'Evicted', message, gracePeriodSeconds: IMMEDIATE_GRACE_SECONDS, disruption: false };
      emit({ type: 'podChosen', podUid: uidOf(pod), signal: limit, termination });
    }
    return any;
  };
};
