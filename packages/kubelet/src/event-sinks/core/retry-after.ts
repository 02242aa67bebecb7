/** Longest that a server is believed, ms. */
const MAX_RETRY_AFTER_MS = 600_000;

/** What a Retry-After asks for: seconds, or a date of HTTP; ms from now, at most ten minutes. 0: nothing. */
export const retryAfterMs = (header: string | readonly string[] | undefined, nowMs: number): number => {
  const [text = ''] = typeof header === 'string' ? [header] : (header ?? []);
  const ms = /^\d{1,9}$/.test(text.trim()) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS) : 0;
};
