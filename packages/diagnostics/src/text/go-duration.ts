const UNITS = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

/** Go counts durations in 64-bit nanoseconds; the one below zero goes one further. */
const MAX_NANOSECONDS = 2n ** 63n - 1n;

/** A duration, or what keeps a text from being one: `unit` is the one that Go does not know. */
export type GoDuration =
  | { readonly ok: true; readonly nanoseconds: bigint }
  | { readonly ok: false; readonly problem: 'invalid' | 'missing unit' }
  | { readonly ok: false; readonly problem: 'unknown unit'; readonly unit: string };

/** Reads a duration as Go's time.ParseDuration does (`1h15m`, `-1.5s`, `0`): what is less than a nanosecond is dropped. */
export const readGoDuration = (text: string): GoDuration => {
  const invalid = { ok: false, problem: 'invalid' } as const;
  const isNegative = text.startsWith('-');
  const limit = isNegative ? MAX_NANOSECONDS + 1n : MAX_NANOSECONDS;
  let rest = text.replace(/^[-+]/, '');
  if (rest === '0') return { ok: true, nanoseconds: 0n };
  if (rest === '') return invalid;
  let total = 0n;
  while (rest !== '') {
    const [part, whole = '', fraction = '', unit = ''] = /^([0-9]*)(?:\.([0-9]*))?([^0-9.]*)/.exec(rest)!;
    if (whole === '' && fraction === '') return invalid;
    if (unit === '') return { ok: false, problem: 'missing unit' };
    const size = UNITS.get(unit);
    if (size === undefined) return { ok: false, problem: 'unknown unit', unit };
    total += BigInt(whole) * size + (BigInt(fraction) * size) / 10n ** BigInt(fraction.length);
    if (total > limit) return invalid;
    rest = rest.slice(part.length);
  }
  return { ok: true, nanoseconds: isNegative ? -total : total };
};

/** The same in milliseconds; undefined when the text is no duration, or one beyond Go's 292 years. */
export const parseGoDuration = (text: string): number | undefined => {
  const duration = readGoDuration(text);
  return duration.ok ? Number(duration.nanoseconds) / 1e6 : undefined;
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
