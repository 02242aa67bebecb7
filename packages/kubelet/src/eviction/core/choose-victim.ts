import type { Pod } from '@solo-kubelet/pod-spec';
import type { Termination } from '@solo-kubelet/reconciler';
import { isCriticalPod, type PodUid, uidOf } from '@solo-kubelet/reconciler';
import { amountOn, isOfDisk, missingOf } from './disk-shortage.js';
import { evictionMessage } from './eviction-message.js';
import { type EvictionSignal, resourceOf, type SignalReadings } from './eviction-signal.js';
import { type EvictionThreshold, isHard } from './eviction-threshold.js';
import { withoutNeedless } from './needless-pods.js';
import type { PodUsages } from './pod-usage.js';
import { rankPods } from './rank-pods.js';
import type { StorageLayout } from './storage-layout.js';

/** What a pod is given to end when it has to go at once, s (immediateEvictionGracePeriodSeconds). */
export const IMMEDIATE_GRACE_SECONDS = 1;

export interface VictimInput {
  /** Most urgent first, at least one. */
  readonly thresholds: readonly [EvictionThreshold, ...EvictionThreshold[]];
  readonly readings: SignalReadings;
  readonly layout: StorageLayout;
  readonly pods: readonly Pod[];
  readonly usages: PodUsages;
  /** `evictionMaxPodGracePeriod`, s: for soft thresholds. */
  readonly maxPodGracePeriodSeconds: number;
  /** `evictionPressureTransitionPeriod`, ms: the pod does not come back sooner. */
  readonly transitionPeriodMs: number;
}

export interface Victim {
  readonly podUid: PodUid;
  readonly signal: EvictionSignal;
  readonly termination: Termination;
}

/** The one pod that has to go for the most urgent threshold; undefined when there is none but critical ones. */
export const chooseVictim = (input: VictimInput): Victim | undefined => {
  const { thresholds, readings, layout, usages } = input;
  const [urgent] = thresholds;
  const { signal } = urgent;
  const ranked = rankPods(
    input.pods.filter((one) => !isCriticalPod(one)),
    { signal, layout, usages },
  );
  const [pod] = spareNeedless(input, ranked);
  if (pod === undefined) return undefined;
  return {
    podUid: uidOf(pod),
    signal,
    termination: {
      reason: 'Evicted',
      message: evictionMessage({ resource: resourceOf(signal), pod, usage: usages.get(uidOf(pod)), thresholds, readings }),
      gracePeriodSeconds: isHard(urgent) ? IMMEDIATE_GRACE_SECONDS : input.maxPodGracePeriodSeconds,
      disruption: true,
      retryAfterMs: input.transitionPeriodMs,
    },
  };
};

/** On a disk nobody goes in vain before those that have to go in any case; upstream goes by priority alone. */
const spareNeedless = ({ thresholds: [urgent], readings, layout, usages }: VictimInput, ranked: readonly Pod[]): readonly Pod[] => {
  const { signal } = urgent;
  const reading = readings[signal];
  if (!isOfDisk(signal) || reading === undefined) return ranked;
  const held = ranked.map((candidate) => {
    const usage = usages.get(uidOf(candidate));
    return { candidate, amount: usage && amountOn(usage, signal, layout) };
  });
  const missing = missingOf(urgent, reading);
  // Of a threshold that is met by a hair nothing is missing, and somebody has to go all the same.
  return withoutNeedless(held, Math.max(missing, 1));
};
