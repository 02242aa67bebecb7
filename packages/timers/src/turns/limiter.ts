import { onAbort } from '../on-abort.js';

/** Lets at most `limit` pieces of work run at once; the others wait in the order they came. */
export interface Limiter {
  /** Rejects with the signal's reason when aborted while waiting. */
  run<T>(work: () => Promise<T>, options: { readonly signal: AbortSignal }): Promise<T>;
}

export const createLimiter = (limit: number): Limiter => {
  let running = 0;
  const waiting: (() => void)[] = [];
  const exit = (): void => {
    running -= 1;
    waiting.shift()?.();
  };
  const acquire = (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    if (running < limit) {
      running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        release();
        running += 1;
        resolve();
      };
      const leave = (): void => {
        waiting.splice(waiting.indexOf(enter), 1);
        reject(signal.reason);
      };
      waiting.push(enter);
      const release = onAbort(signal, leave);
    });
  };
  return {
    run: async (work, { signal }) => {
      await acquire(signal);
      try {
        return await work();
      } finally {
        exit();
      }
    },
  };
};
