import type { NodePressure } from '../admission/node-admission-facts.js';
import { PRESSURES, pressureOf, type SignalReadings } from './eviction-signal.js';
import { amountOf, type EvictionThreshold, isHard } from './eviction-threshold.js';

/** What is remembered from one look at the node to the next. */
export interface ThresholdWatch {
  /** Since when a threshold is met without a break. */
  readonly metSinceMs: ReadonlyMap<EvictionThreshold, number>;
  /** Met for their whole grace period. */
  readonly overdue: readonly EvictionThreshold[];
  /** When a pressure was last there. */
  readonly lastSeenMs: ReadonlyMap<NodePressure['type'], number>;
  /** The node's conditions, every one. */
  readonly pressures: readonly NodePressure[];
}

export const newThresholdWatch = (nowMs: number): ThresholdWatch => ({
  metSinceMs: new Map(),
  overdue: [],
  lastSeenMs: new Map(),
  pressures: PRESSURES.map((type) => ({ type, status: false, sinceMs: nowMs })),
});

export interface ThresholdInput {
  /** The same objects at every look. */
  readonly thresholds: readonly EvictionThreshold[];
  readonly readings: SignalReadings;
  /** `evictionPressureTransitionPeriod`, ms. */
  readonly transitionPeriodMs: number;
  readonly nowMs: number;
}

/** Whether less is left than the threshold allows; a signal that nobody could read tells nothing. */
const isMet = (threshold: EvictionThreshold, readings: SignalReadings, withMinReclaim: boolean): boolean => {
  const reading = readings[threshold.signal];
  if (reading === undefined) return false;
  const more = withMinReclaim && threshold.minReclaim !== undefined ? amountOf(threshold.minReclaim, reading.capacity) : 0;
  return reading.available < amountOf(threshold.value, reading.capacity) + more;
};

/** Whether any threshold is met, or would be again at once. */
export const anyUnresolved = (thresholds: readonly EvictionThreshold[], readings: SignalReadings): boolean =>
  thresholds.some((threshold) => isMet(threshold, readings, true));

/** Takes in one look at the node (pkg/kubelet/eviction/eviction_manager.go synchronize). An unchanged list of conditions stays the same object. */
export const watchThresholds = (
  watch: ThresholdWatch,
  { thresholds, readings, transitionPeriodMs, nowMs }: ThresholdInput,
): ThresholdWatch => {
  const met = thresholds.filter((one) => isMet(one, readings, false) || (watch.overdue.includes(one) && isMet(one, readings, true)));
  const metSinceMs = new Map(met.map((one) => [one, Math.min(watch.metSinceMs.get(one) ?? nowMs, nowMs)]));
  const lastSeenMs = new Map([...watch.lastSeenMs, ...met.map(({ signal }) => [pressureOf(signal), nowMs] as const)]);
  const isOn = (type: NodePressure['type']): boolean => {
    const seenMs = lastSeenMs.get(type);
    // Strictly within the period, as upstream: with a period of 0 no pressure is ever reported.
    return seenMs !== undefined && nowMs - seenMs < transitionPeriodMs;
  };
  const changed = watch.pressures.some(({ type, status }) => status !== isOn(type));
  const pressures = watch.pressures.map((one) =>
    one.status === isOn(one.type) ? one : { ...one, status: isOn(one.type), sinceMs: nowMs },
  );
  return {
    metSinceMs,
    overdue: met.filter((one) => nowMs - (metSinceMs.get(one) ?? nowMs) >= one.gracePeriodMs),
    lastSeenMs,
    pressures: changed ? pressures : watch.pressures,
  };
};

const isOfMemory = ({ signal }: EvictionThreshold): boolean => signal === 'memory.available' || signal === 'allocatableMemory.available';

/** Memory before all else; then hard before soft; then as configured. */
export const byUrgency = (thresholds: readonly EvictionThreshold[]): readonly EvictionThreshold[] =>
  [...thresholds].sort((a, b) => Number(isOfMemory(b)) - Number(isOfMemory(a)) || Number(isHard(b)) - Number(isHard(a)));
