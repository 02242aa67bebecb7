/** Wait before the next try after `failures` failures in a row, ms: 1 s doubling to 10 s. Upstream waits 10 to 15 s every time. */
export const retryDelayMs = (failures: number): number => Math.min(1_000 * 2 ** Math.min(Math.max(failures - 1, 0), 4), 10_000);

/** How long a pod is set aside after `crashes` bugs in a row before, ms: 10 s doubling to 5 min, as upstream's crash back-off. */
export const setAsideMs = (crashes: number): number => Math.min(10_000 * 2 ** Math.min(crashes, 5), LONGEST_WAIT_MS);

/** No wait is meant to be longer than this, ms: one that seems to be says that the clock was set back. */
const LONGEST_WAIT_MS = 300_000;

/** Whether a wait until then still holds. */
export const stillWaits = (untilMs: number, nowMs: number): boolean => untilMs > nowMs && untilMs - nowMs <= LONGEST_WAIT_MS;
