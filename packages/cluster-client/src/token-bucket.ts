import { delay } from '@solo-kubelet/timers';

/** Lets so many through a second, with a burst; the others wait their turn. */
export interface TokenBucket {
  readonly take: (signal: AbortSignal) => Promise<void>;
}

/** client-go's limiter: one bucket for a client, over all verbs (util/flowcontrol/throttle.go). 0 a second: no limit. */
export const tokenBucket = (perSecond: number, burst: number, now: () => number = () => performance.now()): TokenBucket => {
  let tokens = burst;
  let atMs = now();
  return {
    take: async (signal) => {
      if (perSecond <= 0) return;
      const nowMs = now();
      tokens = Math.min(burst, tokens + ((nowMs - atMs) / 1_000) * perSecond) - 1;
      atMs = nowMs;
      if (tokens < 0) await delay((-tokens / perSecond) * 1_000, undefined, { signal });
    },
  };
};
