import { goQuote } from '@solo-kubelet/pod-spec/schema';

/** What a text says, or what is wrong with it in upstream's words. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

/** The values that a field of a schedule matches. `star`: it is a bare `*` or `?`, which days go by (see dayMatches). */
export interface CronField {
  readonly values: ReadonlySet<number>;
  readonly star: boolean;
}

export interface CronBounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

export const MINUTES: CronBounds = { min: 0, max: 59 };
export const HOURS: CronBounds = { min: 0, max: 23 };
export const DAYS_OF_MONTH: CronBounds = { min: 1, max: 31 };
export const MONTHS: CronBounds = {
  min: 1,
  max: 12,
  names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
};
export const DAYS_OF_WEEK: CronBounds = { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] };

/** Reads one field: ranges with commas between them, empty ones passed over (robfig/cron getField). */
export const parseCronField = (text: string, bounds: CronBounds): Read<CronField> => {
  const values = new Set<number>();
  let star = false;
  for (const expression of text.split(',').filter((part) => part !== '')) {
    const range = parseRange(expression, bounds);
    if (!range.ok) return range;
    for (let value = range.value.start; value <= range.value.end; value += range.value.step) values.add(value);
    star ||= range.value.star;
  }
  return { ok: true, value: { values, star } };
};

interface CronRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly star: boolean;
}

/** `*`, `a`, `a-b`, each with or without `/step`. Nothing after a star and a hyphen is read. */
const parseRange = (expression: string, bounds: CronBounds): Read<CronRange> => {
  const [range = '', stepText, ...moreSteps] = expression.split('/');
  const [lowText = '', highText, ...moreHighs] = range.split('-');
  const star = lowText === '*' || lowText === '?';
  const low = star ? ok(bounds.min) : parseValue(lowText, bounds);
  if (!low.ok) return low;
  if (!star && moreHighs.length > 0) return fail(`too many hyphens: ${expression}`);
  const high = star ? ok(bounds.max) : highText === undefined ? low : parseValue(highText, bounds);
  if (!high.ok) return high;
  if (moreSteps.length > 0) return fail(`too many slashes: ${expression}`);
  const step = stepText === undefined ? ok(1) : parseNumber(stepText);
  if (!step.ok) return step;
  const start = low.value;
  const end = stepText !== undefined && highText === undefined ? bounds.max : high.value;
  if (start < bounds.min) return fail(`beginning of range (${start}) below minimum (${bounds.min}): ${expression}`);
  if (end > bounds.max) return fail(`end of range (${end}) above maximum (${bounds.max}): ${expression}`);
  if (start > end) return fail(`beginning of range (${start}) beyond end of range (${end}): ${expression}`);
  if (step.value === 0) return fail(`step of range should be a positive number: ${expression}`);
  return { ok: true, value: { start, end, step: step.value, star: star && step.value === 1 } };
};

const ok = (value: number): Read<number> => ({ ok: true, value });
const fail = (error: string): Read<never> => ({ ok: false, error });

const parseValue = (text: string, { min, names = [] }: CronBounds): Read<number> => {
  const named = names.indexOf(text.toLowerCase());
  return named >= 0 ? ok(min + named) : parseNumber(text);
};

const parseNumber = (text: string): Read<number> => {
  const unreadable = (reason: string) => fail(`failed to parse int from ${text}: strconv.Atoi: parsing ${goQuote(text)}: ${reason}`);
  if (!/^[-+]?[0-9]+$/.test(text)) return unreadable('invalid syntax');
  const exact = BigInt(text.replace(/^\+/, ''));
  if (BigInt.asIntN(64, exact) !== exact) return unreadable('value out of range');
  return exact < 0n ? fail(`negative number (${exact}) not allowed: ${text}`) : ok(Number(exact));
};
