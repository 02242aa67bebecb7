import { readGoDuration } from '@solo-kubelet/diagnostics/text';
import { type CronField, DAYS_OF_MONTH, DAYS_OF_WEEK, HOURS, MINUTES, MONTHS, parseCronField, type Read } from './cron-field.js';
import { goDurationError } from './go-duration.js';
import { timeZoneError } from './time-zone.js';

/** When a CronJob starts: at the times that fields match in a zone, or again and again after a delay. */
export type CronSchedule =
  | {
      readonly type: 'fields';
      readonly minute: CronField;
      readonly hour: CronField;
      readonly dayOfMonth: CronField;
      readonly month: CronField;
      readonly dayOfWeek: CronField;
      readonly timeZone: string;
    }
  /** Whole seconds, at least one. */
  | { readonly type: 'every'; readonly delayMs: number };

/**
 * Reads a schedule as the library that Kubernetes reads it with (robfig/cron parser.go), in the zone that it names, else in UTC. `zoneError` says what
 * is wrong with a zone's name; by default it may be any of the IANA database.
 */
export const parseCronSchedule = (spec: string, zoneError: (name: string) => string | undefined = timeZoneError): Read<CronSchedule> => {
  if (spec === '') return fail('empty spec string');
  if (!/^(CRON_)?TZ=/.test(spec)) return parseRest(spec, 'UTC');
  const blank = spec.indexOf(' ');
  // The library slices the text up to a blank that is not there, and its caller makes an error of the panic.
  if (blank < 0) return fail('invalid schedule format: runtime error: slice bounds out of range [:-1]');
  const zone = spec.slice(spec.indexOf('=') + 1, blank);
  const problem = zone === '' || zone === 'Local' ? undefined : zoneError(zone);
  if (problem !== undefined) return fail(`provided bad location ${zone}: ${problem}`);
  return parseRest(trimSpace(spec.slice(blank)), zone === '' || zone === 'Local' ? 'UTC' : zone);
};

/** What is wrong with a schedule, in that library's words; undefined if nothing. */
export const cronScheduleError = (schedule: string): string | undefined => {
  const read = parseCronSchedule(schedule);
  return read.ok ? undefined : read.error;
};

const fail = (error: string): Read<never> => ({ ok: false, error });

/** White space as Go's unicode.IsSpace has it. */
const SPACE = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const edges = new RegExp(`^${SPACE}|${SPACE}$`, 'gu');
const gaps = new RegExp(SPACE, 'u');
const trimSpace = (text: string): string => text.replace(edges, '');

const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const parseRest = (text: string, timeZone: string): Read<CronSchedule> => {
  if (text.startsWith('@every ')) return parseEvery(text);
  if (Object.hasOwn(DESCRIPTORS, text)) return parseFields(DESCRIPTORS[text]!.split(' '), timeZone);
  if (text.startsWith('@')) return fail(`unrecognized descriptor: ${text}`);
  return parseFields(
    trimSpace(text)
      .split(gaps)
      .filter((field) => field !== ''),
    timeZone,
  );
};

const parseEvery = (text: string): Read<CronSchedule> => {
  const delay = text.slice('@every '.length);
  const duration = readGoDuration(delay);
  if (!duration.ok) return fail(`failed to parse duration ${text}: ${goDurationError(delay, duration)}`);
  const seconds = Number(duration.nanoseconds / 1_000_000_000n);
  return { ok: true, value: { type: 'every', delayMs: Math.max(seconds, 1) * 1_000 } };
};

const parseFields = (texts: readonly string[], timeZone: string): Read<CronSchedule> => {
  if (texts.length !== 5) return fail(`expected exactly 5 fields, found ${texts.length}: [${texts.join(' ')}]`);
  const [minute, hour, dayOfMonth, month, dayOfWeek] = [MINUTES, HOURS, DAYS_OF_MONTH, MONTHS, DAYS_OF_WEEK].map((bounds, i) =>
    parseCronField(texts[i]!, bounds),
  ) as [Read<CronField>, Read<CronField>, Read<CronField>, Read<CronField>, Read<CronField>];
  if (!minute.ok) return minute;
  if (!hour.ok) return hour;
  if (!dayOfMonth.ok) return dayOfMonth;
  if (!month.ok) return month;
  if (!dayOfWeek.ok) return dayOfWeek;
  return {
    ok: true,
    value: {
      type: 'fields',
      minute: minute.value,
      hour: hour.value,
      dayOfMonth: dayOfMonth.value,
      month: month.value,
      dayOfWeek: dayOfWeek.value,
      timeZone,
    },
  };
};
