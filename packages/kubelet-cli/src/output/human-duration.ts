const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;

/** A duration as kubectl prints ages: two units while the smaller one still says something (apimachinery/pkg/util/duration). */
export const humanDuration = (ms: number): string => {
  if (ms < -SECOND_MS) return '<invalid>';
  const seconds = Math.floor(Math.max(0, ms) / SECOND_MS);
  const whole = (unit: number): number => Math.floor(ms / unit);
  const pair = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
    small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
  if (ms < 2 * MINUTE_MS) return `${seconds}s`;
  if (ms < 10 * MINUTE_MS) return pair(whole(MINUTE_MS), 'm', seconds % 60, 's');
  if (ms < 3 * HOUR_MS) return `${whole(MINUTE_MS)}m`;
  if (ms < 8 * HOUR_MS) return pair(whole(HOUR_MS), 'h', whole(MINUTE_MS) % 60, 'm');
  if (ms < 2 * DAY_MS) return `${whole(HOUR_MS)}h`;
  if (ms < 8 * DAY_MS) return pair(whole(DAY_MS), 'd', whole(HOUR_MS) % 24, 'h');
  if (ms < 2 * YEAR_MS) return `${whole(DAY_MS)}d`;
  if (ms < 8 * YEAR_MS) return pair(whole(YEAR_MS), 'y', whole(DAY_MS) % 365, 'd');
  return `${whole(YEAR_MS)}y`;
};

/** How long ago an RFC 3339 time was, or `<unknown>`. */
export const ageOf = (time: string | undefined, nowMs: number): string => {
  const at = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(at) ? '<unknown>' : humanDuration(nowMs - at);
};
