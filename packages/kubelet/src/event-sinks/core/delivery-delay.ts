import { backoffMs, type ExponentialBackoff } from '@solo-kubelet/timers/backoff';

const BACKOFF: ExponentialBackoff = { initialMs: 1_000, maxMs: 300_000 };
const JITTER = 0.2;

/** Wait before the next attempt at a sink that failed `failures` times in a row, ms: from 1 s, doubling, up to 5 min. `random`: from 0 to 1. */
export const deliveryDelayMs = (failures: number, random: number): number =>
  backoffMs(BACKOFF, failures) * (1 - JITTER + 2 * JITTER * random);
