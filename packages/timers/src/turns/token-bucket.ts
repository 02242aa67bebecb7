export interface TokenBucketOptions {
  /** Tokens that come back a second; 0 or less: every request is granted at once. */
  readonly perSecond: number;
  /** What the bucket holds, and begins with; less than 1 counts as 1. */
  readonly burst: number;
  readonly now: () => number;
}

/** Takes a token and gives the time until it is there, ms. Those who ask first are served first. */
export const createTokenBucket = ({ perSecond, burst, now }: TokenBucketOptions): (() => number) => {
  const room = Math.max(1, burst);
  let tokens = room;
  let countedAtMs = now();
  return () => {
    if (perSecond <= 0) return 0;
    const nowMs = now();
    tokens = Math.min(room, tokens + (Math.max(0, nowMs - countedAtMs) * perSecond) / 1_000) - 1;
    countedAtMs = nowMs;
    return tokens >= 0 ? 0 : Math.ceil((-tokens * 1_000) / perSecond);
  };
};
