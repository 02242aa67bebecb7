import { backoffMs } from '@solo-kubelet/timers/backoff';
import type { SourceDefinition } from './source-definition.js';

/** First wait after a check that failed, ms; it doubles with each further one, up to the interval. */
const INITIAL_BACKOFF_MS = 5_000;
/** Longest wait of a node that has something to run, before it asks for the first time, ms: a thousand that come up at once do not ask at once. */
const MAX_FIRST_WAIT_MS = 30_000;

/** How long to wait before the next check, ms. `random`: 0 to 1. */
export const nextCheckMs = (
  { intervalMs, jitter }: Pick<SourceDefinition, 'intervalMs' | 'jitter'>,
  failures: number,
  random: number,
): number => {
  const base = failures === 0 ? intervalMs : backoffMs({ initialMs: INITIAL_BACKOFF_MS, maxMs: intervalMs }, failures);
  return Math.max(1, Math.round(base * (1 + jitter * (2 * random - 1))));
};

/** How long to wait before the first check, ms: not at all where there is nothing to run yet. */
export const firstCheckMs = ({ intervalMs }: Pick<SourceDefinition, 'intervalMs'>, hasLastGood: boolean, random: number): number =>
  hasLastGood ? Math.round(Math.min(intervalMs, MAX_FIRST_WAIT_MS) * random) : 0;
