const MS_A_MINUTE = 60_000;
const MS_AN_HOUR = 3_600_000;
/** The longest time that Go's int64 of nanoseconds can hold: 292 years. */
const MAX_GO_DURATION_MS = 9_223_372_036_854;

/** A time in two or three digits, e.g. `119s`, `2m1s`, `10m`, `3h20m`, `47h`, `2d`, `2y70d` (HumanDuration of apimachinery). `ms` may be negative. */
export const humanDuration = (ms: number): string => {
  const held = Math.min(Math.max(ms, -MAX_GO_DURATION_MS), MAX_GO_DURATION_MS);
  const seconds = Math.trunc(held / 1000);
  // Clocks of two machines may differ a little: a second to come is now.
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(held / MS_A_MINUTE);
  if (minutes < 10) return `${minutes}m${rest(seconds % 60, 's')}`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(held / MS_AN_HOUR);
  if (hours < 8) return `${hours}h${rest(minutes % 60, 'm')}`;
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return `${days}d${rest(hours % 24, 'h')}`;
  if (days < 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? `${years}y${rest(days % 365, 'd')}` : `${years}y`;
};

const rest = (amount: number, unit: string): string => (amount === 0 ? '' : `${amount}${unit}`);
