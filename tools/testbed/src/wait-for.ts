import { setTimeout as delay } from 'node:timers/promises';

export interface WaitForOptions {
  /** What is waited for, for the message. */
  readonly what: string;
  /** Default: 30000. */
  readonly timeoutMs?: number;
  /** Default: 50. */
  readonly intervalMs?: number;
}

/** Calls `check` until it gives something other than undefined or false; fails with the last error or answer when time is up. */
export const waitFor = async <T>(check: () => Promise<T | undefined | false>, options: WaitForOptions): Promise<T> => {
  const { what, timeoutMs = 30_000, intervalMs = 50 } = options;
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`not within ${timeoutMs} ms: ${what}${last instanceof Error ? ` (${last.message})` : ''}`, { cause: last });
    }
    await delay(intervalMs);
  }
};
