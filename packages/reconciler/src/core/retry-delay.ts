import { backoffMs, type ExponentialBackoff } from '@solo-kubelet/timers/backoff';

/** Upstream waits 10 to 15 s every time. */
const RETRY_BACKOFF: ExponentialBackoff = { initialMs: 1_000, maxMs: 10_000 };

/** Wait before the next try after `failures` failures in a row, ms: 1 s doubling to 10 s. */
export const retryDelayMs = (failures: number): number => backoffMs(RETRY_BACKOFF, Math.max(failures, 1));

/** How long a pod is set aside after `crashes` bugs in a row before, ms: 10 s doubling to 5 min, as upstream's crash back-off. */
export const setAsideMs = (crashes: number): number => backoffMs({ initialMs: 10_000, maxMs: LONGEST_WAIT_MS }, crashes + 1);

/** No wait is meant to be longer than this, ms: one that seems to be says that the clock was set back. */
const LONGEST_WAIT_MS = 300_000;

/** Whether a wait until then still holds. */
export const stillWaits = (untilMs: number, nowMs: number): boolean => untilMs > nowMs && untilMs - nowMs <= LONGEST_WAIT_MS;
