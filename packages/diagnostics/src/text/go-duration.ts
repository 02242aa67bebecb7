const UNIT_MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Go counts durations in 64-bit nanoseconds. */
const MAX_DURATION_MS = 2 ** 63 / 1e6;

/** Reads a duration as Go's time.ParseDuration does (`1h15m`, `-1.5s`, `0`) into milliseconds; undefined when it is none, or beyond Go's 292 years. */
export const parseGoDuration = (text: string): number | undefined => {
  const match = /^([+-]?)(0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text);
  if (match === null) return undefined;
  const parts = match[2]!.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g);
  const total = [...parts].reduce((sum, [, number, unit]) => sum + Number(number) * UNIT_MS[unit!]!, 0);
  if (total > MAX_DURATION_MS) return undefined;
  return match[1] === '-' ? -total : total;
};

/** Writes milliseconds as Go prints a duration: `1h15m0s`, `1.5s`, `100ms`, `0s`. */
export const formatGoDuration = (milliseconds: number): string => {
  if (milliseconds < 0) return `-${formatGoDuration(-milliseconds)}`;
  if (milliseconds === 0) return '0s';
  if (milliseconds < 1_000) {
    const [unit, size] = milliseconds >= 1 ? ['ms', 1] : milliseconds >= 1e-3 ? ['µs', 1e-3] : ['ns', 1e-6];
    return `${decimal(milliseconds / (size as number), 6)}${unit}`;
  }
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor((milliseconds % 3_600_000) / 60_000);
  const seconds = decimal((milliseconds % 60_000) / 1_000, 9);
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
};

const decimal = (value: number, digits: number): string => Number(value.toFixed(digits)).toString();
