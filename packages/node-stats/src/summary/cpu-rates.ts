import type { RateOf } from './cri-stats.js';

interface Sample {
  readonly usage: number;
  readonly atMs: number;
  readonly rate: number | undefined;
}

export interface CpuRates {
  readonly rateOf: RateOf;
  /** Whether a counter was read before, so that its next reading makes a rate. */
  knows(key: string): boolean;
}

/** A rate over less than this says little: the last one is given again. Over a time that ran backwards there is none. */
const MIN_INTERVAL_MS = 500;
/** Samples of what is gone are forgotten after this long. */
const FORGET_AFTER_MS = 600_000;

/**
 * Remembers the last reading of each CPU counter and answers the rate since then, in nanocores. Nothing is sampled in the
 * background: a node that nobody asks pays nothing.
 */
export const createCpuRates = (): CpuRates => {
  const samples = new Map<string, Sample>();
  return {
    rateOf: (key, usage, atMs) => {
      if (usage === undefined) return undefined;
      const last = samples.get(key);
      const sinceMs = last && atMs - last.atMs;
      if (sinceMs !== undefined && sinceMs >= 0 && sinceMs < MIN_INTERVAL_MS) return last?.rate;
      const rate =
        last && atMs > last.atMs && usage >= last.usage ? Math.round(((usage - last.usage) * 1_000) / (atMs - last.atMs)) : undefined;
      samples.set(key, { usage, atMs, rate });
      for (const [other, sample] of samples) {
        if (Math.abs(atMs - sample.atMs) > FORGET_AFTER_MS) samples.delete(other);
      }
      return rate;
    },
    knows: (key) => samples.has(key),
  };
};
