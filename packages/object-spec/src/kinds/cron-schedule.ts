import { goQuote } from '@solo-kubelet/pod-spec/schema';
import { goDurationError } from './go-duration.js';
import { timeZoneError } from './time-zone.js';

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Minute, hour, day of month, month, day of week. */
const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];
const DESCRIPTORS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];
const EVERY = '@every ';
/** White space as Go's strings.Fields has it. */
const space = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** What is wrong with a schedule, in the words of the library that Kubernetes reads it with; undefined if nothing. */
export const cronScheduleError = (schedule: string): string | undefined => {
  if (schedule === '') return 'empty spec string';
  let spec = schedule;
  if (/^(?:CRON_)?TZ=/.test(spec)) {
    const end = spec.indexOf(' ');
    // The library slices the text up to a blank that is not there.
    if (end === -1) return 'invalid schedule format: runtime error: slice bounds out of range [:-1]';
    const zone = spec.slice(spec.indexOf('=') + 1, end);
    const problem = zone === '' || zone === 'Local' ? undefined : timeZoneError(zone);
    if (problem !== undefined) return `provided bad location ${zone}: ${problem}`;
    spec = spec.slice(end).trim();
  }
  return spec.startsWith('@') ? descriptorError(spec) : fieldsError(spec);
};

const descriptorError = (spec: string): string | undefined => {
  if (DESCRIPTORS.includes(spec)) return undefined;
  if (!spec.startsWith(EVERY)) return `unrecognized descriptor: ${spec}`;
  const problem = goDurationError(spec.slice(EVERY.length));
  return problem === undefined ? undefined : `failed to parse duration ${spec}: ${problem}`;
};

const fieldsError = (spec: string): string | undefined => {
  const fields = spec.split(space).filter((field) => field !== '');
  if (fields.length !== FIELDS.length) return `expected exactly ${FIELDS.length} fields, found ${fields.length}: [${fields.join(' ')}]`;
  for (const [i, field] of fields.entries()) {
    for (const range of field.split(',')) {
      const problem = range === '' ? undefined : rangeError(range, FIELDS[i]!);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
};

/** A text that is no number of a schedule. */
interface NumberProblem {
  readonly message: string;
}

const isProblem = (value: number | NumberProblem): value is NumberProblem => typeof value !== 'number';

const readNumber = (text: string): number | NumberProblem => {
  const fail = (reason: string): NumberProblem => ({
    message: `failed to parse int from ${text}: strconv.Atoi: parsing ${goQuote(text)}: ${reason}`,
  });
  if (!/^[-+]?\d+$/.test(text)) return fail('invalid syntax');
  const exact = BigInt(text.replace(/^\+/, ''));
  if (BigInt.asIntN(64, exact) !== exact) return fail('value out of range');
  return exact < 0n ? { message: `negative number (${exact}) not allowed: ${text}` } : Number(exact);
};

const readNumberOrName = (text: string, { names, min }: Bounds): number | NumberProblem => {
  const index = names.indexOf(text.toLowerCase());
  return index === -1 ? readNumber(text) : index + min;
};

const rangeError = (expression: string, bounds: Bounds): string | undefined => {
  const [range = '', step, ...moreSteps] = expression.split('/');
  const [low = '', high, ...moreHyphens] = range.split('-');
  let [start, end]: [number | NumberProblem, number | NumberProblem] = [bounds.min, bounds.max];
  if (low !== '*' && low !== '?') {
    start = readNumberOrName(low, bounds);
    if (isProblem(start)) return start.message;
    if (moreHyphens.length > 0) return `too many hyphens: ${expression}`;
    end = high === undefined ? start : readNumberOrName(high, bounds);
    if (isProblem(end)) return end.message;
  }
  if (moreSteps.length > 0) return `too many slashes: ${expression}`;
  const width = step === undefined ? 1 : readNumber(step);
  if (isProblem(width)) return width.message;
  if (step !== undefined && high === undefined) end = bounds.max;
  if (start < bounds.min) return `beginning of range (${start}) below minimum (${bounds.min}): ${expression}`;
  if (end > bounds.max) return `end of range (${end}) above maximum (${bounds.max}): ${expression}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${expression}`;
  return width === 0 ? `step of range should be a positive number: ${expression}` : undefined;
};
