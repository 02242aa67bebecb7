export interface TokenBucketOptions {
  /** Tokens that come back a second; 0: every request is granted. */
  readonly perSecond: number;
  /** What the bucket holds, and begins with. */
  readonly burst: number;
  readonly now: () => number;
}

/** Whether one more may go ahead now; never waits. As client-go's flowcontrol.NewTokenBucketRateLimiter. */
export const createTokenBucket = ({ perSecond, burst, now }: TokenBucketOptions): (() => boolean) => {
  let tokens = burst;
  let countedAtMs = now();
  return () => {
    if (perSecond === 0) return true;
    const nowMs = now();
    tokens = Math.min(burst, tokens + (Math.max(0, nowMs - countedAtMs) * perSecond) / 1_000);
    countedAtMs = nowMs;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
};
