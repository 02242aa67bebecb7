export interface RateLimitOptions {
  readonly perSecond: number;
  /** Calls at once after a pause. */
  readonly burst: number;
  readonly now: () => number;
}

/** Says of each call whether it may go ahead: a bucket of tokens that fills steadily. */
export const createRateLimit = ({ perSecond, burst, now }: RateLimitOptions): (() => boolean) => {
  let tokens = burst;
  let filledAt = now();
  return () => {
    const time = now();
    tokens = Math.min(burst, tokens + ((time - filledAt) / 1_000) * perSecond);
    filledAt = time;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
};
