import { goQuote } from '@solo-kubelet/pod-spec/schema';

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const MAX_DURATION = 2n ** 63n;

/** What is wrong with a duration such as `1h30m`, in the words of Go's time.ParseDuration; undefined if nothing. */
export const goDurationError = (text: string): string | undefined => {
  const invalid = `time: invalid duration ${goQuote(text)}`;
  let rest = text.replace(/^[-+]/, '');
  if (rest === '0') return undefined;
  if (rest === '') return invalid;
  let total = 0n;
  while (rest !== '') {
    const [number = '', whole = '', fraction] = /^(\d*)(?:\.(\d*))?/.exec(rest) ?? [];
    if (whole === '' && (fraction ?? '') === '') return invalid;
    rest = rest.slice(number.length);
    const [unit = ''] = /^[^.\d]*/.exec(rest) ?? [];
    if (unit === '') return `time: missing unit in duration ${goQuote(text)}`;
    const size = UNITS[unit];
    if (size === undefined) return `time: unknown unit ${goQuote(unit)} in duration ${goQuote(text)}`;
    rest = rest.slice(unit.length);
    total += BigInt(whole === '' ? 0 : whole) * size;
    if (total >= MAX_DURATION) return invalid;
  }
  return undefined;
};
