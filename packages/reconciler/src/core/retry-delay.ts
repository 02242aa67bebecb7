/** Wait before the next try after `failures` failures in a row, ms: 1 s doubling to 10 s. Upstream waits 10 to 15 s every time. */
export const retryDelayMs = (failures: number): number => Math.min(1_000 * 2 ** Math.min(Math.max(failures - 1, 0), 4), 10_000);
