import type { Result } from '../result.js';

const NANOSECONDS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n, // U+00B5
  μs: 1_000n, // U+03BC
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const MAX_NANOSECONDS = 2n ** 63n - 1n;

/** Nanoseconds of `1h30m`, `-1.5s`, `0`: Go's time.ParseDuration. */
export const parseGoDuration = (text: string): Result<bigint> => {
  const invalid = { ok: false, error: `time: invalid duration ${JSON.stringify(text)}` } as const;
  const unsigned = text.replace(/^[+-]/, '');
  if (unsigned === '0') return { ok: true, value: 0n };
  if (unsigned === '') return invalid;
  let rest = unsigned;
  let total = 0n;
  while (rest !== '') {
    const match = /^([0-9]*)(?:\.([0-9]*))?([^0-9.]*)/.exec(rest)!;
    const [whole, digits, fraction = '', unitName] = [match[0], match[1]!, match[2], match[3]!];
    if (digits === '' && fraction === '') return invalid;
    if (unitName === '') return { ok: false, error: `time: missing unit in duration ${JSON.stringify(text)}` };
    const unit = Object.hasOwn(NANOSECONDS, unitName) ? NANOSECONDS[unitName]! : undefined;
    if (unit === undefined)
      return { ok: false, error: `time: unknown unit ${JSON.stringify(unitName)} in duration ${JSON.stringify(text)}` };
    total += BigInt(digits || '0') * unit + (BigInt(fraction || '0') * unit) / 10n ** BigInt(fraction.length);
    rest = rest.slice(whole.length);
  }
  if (total > MAX_NANOSECONDS) return invalid;
  return { ok: true, value: text.startsWith('-') ? -total : total };
};
