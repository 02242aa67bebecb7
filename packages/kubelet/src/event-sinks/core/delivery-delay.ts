const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 300_000;
const JITTER = 0.2;

/** Wait before the next attempt at a sink that failed `failures` times in a row, ms: from 1 s, doubling, up to 5 min. `random`: from 0 to 1. */
export const deliveryDelayMs = (failures: number, random: number): number =>
  failures === 0 ? 0 : Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 30)) * (1 - JITTER + 2 * JITTER * random);
