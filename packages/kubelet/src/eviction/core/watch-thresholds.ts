import type { NodePressure } from '@solo-kubelet/reconciler';
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
  /** The same of pressures that pods have to go for. */
  readonly lastSevereMs: ReadonlyMap<NodePressure['type'], number>;
  /** The node's conditions, every one. */
  readonly pressures: readonly NodePressure[];
}

export const newThresholdWatch = (wallMs: number): ThresholdWatch => ({
  metSinceMs: new Map(),
  overdue: [],
  lastSeenMs: new Map(),
  lastSevereMs: new Map(),
  pressures: PRESSURES.map((type) => ({ type, status: false, sinceMs: wallMs })),
});

export interface ThresholdInput {
  /** The same objects at every look. */
  readonly thresholds: readonly EvictionThreshold[];
  readonly readings: SignalReadings;
  /** `evictionPressureTransitionPeriod`, ms. */
  readonly transitionPeriodMs: number;
  /** By the steady clock. */
  readonly nowMs: number;
  /** By the machine's clock: what a condition shows. Default: `nowMs`. */
  readonly wallMs?: number;
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
  { thresholds, readings, transitionPeriodMs, nowMs, wallMs = nowMs }: ThresholdInput,
): ThresholdWatch => {
  const met = thresholds.filter((one) => isMet(one, readings, false) || (watch.overdue.includes(one) && isMet(one, readings, true)));
  const metSinceMs = new Map(met.map((one) => [one, Math.min(watch.metSinceMs.get(one) ?? nowMs, nowMs)]));
  const seenNow = (thresholdsMet: readonly EvictionThreshold[]) => thresholdsMet.map(({ signal }) => [pressureOf(signal), nowMs] as const);
  const lastSeenMs = new Map([...watch.lastSeenMs, ...seenNow(met)]);
  const lastSevereMs = new Map([...watch.lastSevereMs, ...seenNow(met.filter(({ reportOnly }) => reportOnly !== true))]);
  // Strictly within the period, as upstream: with a period of 0 no pressure is ever reported.
  const isRecent = (seenMs: number | undefined): boolean => seenMs !== undefined && nowMs - seenMs < transitionPeriodMs;
  const pressures = watch.pressures.map((one): NodePressure => {
    const status = isRecent(lastSeenMs.get(one.type));
    const reportOnly = status && !isRecent(lastSevereMs.get(one.type));
    if (one.status === status && (one.reportOnly ?? false) === reportOnly) return one;
    return { type: one.type, status, sinceMs: one.status === status ? one.sinceMs : wallMs, ...(reportOnly ? { reportOnly } : {}) };
  });
  const changed = pressures.some((one, index) => one !== watch.pressures[index]);
  return {
    metSinceMs,
    overdue: met.filter((one) => nowMs - (metSinceMs.get(one) ?? nowMs) >= one.gracePeriodMs),
    lastSeenMs,
    lastSevereMs,
    pressures: changed ? pressures : watch.pressures,
  };
};

const isOfMemory = ({ signal }: EvictionThreshold): boolean => signal === 'memory.available' || signal === 'allocatableMemory.available';

/** Memory before all else; then hard before soft; then as configured. */
export const byUrgency = (thresholds: readonly EvictionThreshold[]): readonly EvictionThreshold[] =>
  [...thresholds].sort((a, b) => Number(isOfMemory(b)) - Number(isOfMemory(a)) || Number(isHard(b)) - Number(isHard(a)));
