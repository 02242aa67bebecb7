import type { Result } from '../result.js';
import { type CronField, DAYS_OF_MONTH, DAYS_OF_WEEK, HOURS, MINUTES, MONTHS, parseCronField } from './cron-field.js';
import { parseGoDuration } from './go-duration.js';
import { isTimeZone } from './time-zone.js';

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
 * Reads `spec.schedule` in the zone `spec.timeZone` as the CronJob controller does: a zone in the schedule itself comes first, one that is not
 * known is passed over, and without any it is UTC. Source: cronjob_controllerv2.go formatSchedule, robfig/cron parser.go.
 */
export const parseSchedule = (schedule: string, timeZone?: string | null): Result<CronSchedule> => {
  const zoned = !schedule.includes('TZ') && typeof timeZone === 'string' && isTimeZone(timeZone);
  return parseSpec(zoned ? `TZ=${timeZone} ${schedule}` : schedule);
};

const fail = (error: string): Result<never> => ({ ok: false, error });

const parseSpec = (spec: string): Result<CronSchedule> => {
  if (spec === '') return fail('empty spec string');
  if (!/^(CRON_)?TZ=/.test(spec)) return parseRest(spec, 'UTC');
  const blank = spec.indexOf(' ');
  // Upstream's parser panics here and its caller makes an error of that.
  if (blank < 0) return fail('invalid schedule format: no schedule after the time zone');
  const zone = spec.slice(spec.indexOf('=') + 1, blank);
  if (!isTimeZone(zone)) return fail(`provided bad location ${zone}: unknown time zone ${zone}`);
  return parseRest(trimSpace(spec.slice(blank)), zone === '' || zone === 'Local' ? 'UTC' : zone);
};

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

const parseRest = (text: string, timeZone: string): Result<CronSchedule> => {
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

const parseEvery = (text: string): Result<CronSchedule> => {
  const duration = parseGoDuration(text.slice('@every '.length));
  if (!duration.ok) return fail(`failed to parse duration ${text}: ${duration.error}`);
  const seconds = Number(duration.value / 1_000_000_000n);
  return { ok: true, value: { type: 'every', delayMs: Math.max(seconds, 1) * 1_000 } };
};

const parseFields = (texts: readonly string[], timeZone: string): Result<CronSchedule> => {
  if (texts.length !== 5) return fail(`expected exactly 5 fields, found ${texts.length}: [${texts.join(' ')}]`);
  const [minute, hour, dayOfMonth, month, dayOfWeek] = [MINUTES, HOURS, DAYS_OF_MONTH, MONTHS, DAYS_OF_WEEK].map((bounds, i) =>
    parseCronField(texts[i]!, bounds),
  ) as [Result<CronField>, Result<CronField>, Result<CronField>, Result<CronField>, Result<CronField>];
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
