import type { CronSchedule } from './cron-schedule.js';
import { instantOfLocal, type ZoneOffset, zoneOffset } from './zone-offset.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** How far ahead a matching time is looked for, as robfig/cron does. */
const HORIZON_YEARS = 5;

/** The first start after `afterMs`; undefined if there is none within five years. */
export const nextTime = (schedule: CronSchedule, afterMs: number): number | undefined =>
  schedule.type === 'every'
    ? Math.floor(afterMs / SECOND_MS) * SECOND_MS + schedule.delayMs
    : nextMatch(schedule, Math.floor(afterMs / SECOND_MS) * SECOND_MS + SECOND_MS);

type FieldSchedule = Extract<CronSchedule, { type: 'fields' }>;

/**
 * The first instant from `from` on that all fields match. The search is robfig/cron's own (spec.go), step by step, since its answers around a
 * change of clocks come from how it steps: a time in the missing hour is left out, one in the doubled hour comes twice.
 */
const nextMatch = (schedule: FieldSchedule, from: number): number | undefined => {
  const offset = zoneOffset(schedule.timeZone);
  const lastYear = local(from, offset).getUTCFullYear() + HORIZON_YEARS;
  const search: Search = { instant: from, moved: false };
  do {
    // Also where there is no such time: of NaN, and of what is beyond the calendar of JavaScript.
    if (!(local(search.instant, offset).getUTCFullYear() <= lastYear)) return undefined;
  } while (
    !seekMonth(schedule, search, offset) ||
    !seekDay(schedule, search, offset) ||
    !seekHour(schedule, search, offset) ||
    !seekMinute(schedule, search, offset) ||
    !seekSecond(search)
  );
  return search.instant;
};

/** Where the search is. Once it has `moved`, what is finer than the field in hand is at its start. */
interface Search {
  instant: number;
  moved: boolean;
}

/** What the zone's clocks show, to be read with the getUTC methods. */
const local = (instant: number, offset: ZoneOffset): Date => new Date(instant + offset(instant));

type Fields = readonly [year: number, month: number, day: number, hour?: number, minute?: number, second?: number];
const at = (fields: Fields, offset: ZoneOffset): number => {
  const [year, month, day, hour = 0, minute = 0, second = 0] = fields;
  return instantOfLocal(Date.UTC(year, month, day, hour, minute, second), offset);
};

const startOf = (search: Search, instant: () => number): void => {
  if (search.moved) return;
  search.moved = true;
  search.instant = instant();
};

const fieldsOf = (date: Date): [number, number, number, number, number, number] => [
  date.getUTCFullYear(),
  date.getUTCMonth(),
  date.getUTCDate(),
  date.getUTCHours(),
  date.getUTCMinutes(),
  date.getUTCSeconds(),
];

// Each step answers false when it ran into the next greater unit, so that the search begins anew.

const seekMonth = ({ month }: FieldSchedule, search: Search, offset: ZoneOffset): boolean => {
  while (!month.values.has(local(search.instant, offset).getUTCMonth() + 1)) {
    startOf(search, () => {
      const date = local(search.instant, offset);
      return at([date.getUTCFullYear(), date.getUTCMonth(), 1], offset);
    });
    const [year, monthIndex, ...rest] = fieldsOf(local(search.instant, offset));
    search.instant = at([year, monthIndex + 1, ...rest], offset);
    if (local(search.instant, offset).getUTCMonth() === 0) return false;
  }
  return true;
};

const seekDay = (schedule: FieldSchedule, search: Search, offset: ZoneOffset): boolean => {
  while (!dayMatches(schedule, local(search.instant, offset))) {
    startOf(search, () => {
      const date = local(search.instant, offset);
      return at([date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()], offset);
    });
    const [year, month, day, ...rest] = fieldsOf(local(search.instant, offset));
    search.instant = at([year, month, day + 1, ...rest], offset);
    const hour = local(search.instant, offset).getUTCHours();
    // Where midnight does not exist.
    if (hour > 12) search.instant += (24 - hour) * HOUR_MS;
    else search.instant -= hour * HOUR_MS;
    if (local(search.instant, offset).getUTCDate() === 1) return false;
  }
  return true;
};

/** Both day fields if one of them is a bare star, else either. */
const dayMatches = ({ dayOfMonth, dayOfWeek }: FieldSchedule, date: Date): boolean => {
  const monthDay = dayOfMonth.values.has(date.getUTCDate());
  const weekDay = dayOfWeek.values.has(date.getUTCDay());
  return dayOfMonth.star || dayOfWeek.star ? monthDay && weekDay : monthDay || weekDay;
};

const seekHour = ({ hour }: FieldSchedule, search: Search, offset: ZoneOffset): boolean => {
  while (!hour.values.has(local(search.instant, offset).getUTCHours())) {
    startOf(search, () => {
      const [year, month, day, hours] = fieldsOf(local(search.instant, offset));
      return at([year, month, day, hours], offset);
    });
    search.instant += HOUR_MS;
    if (local(search.instant, offset).getUTCHours() === 0) return false;
  }
  return true;
};

const seekMinute = ({ minute }: FieldSchedule, search: Search, offset: ZoneOffset): boolean => {
  while (!minute.values.has(local(search.instant, offset).getUTCMinutes())) {
    startOf(search, () => Math.floor(search.instant / MINUTE_MS) * MINUTE_MS);
    search.instant += MINUTE_MS;
    if (local(search.instant, offset).getUTCMinutes() === 0) return false;
  }
  return true;
};

/** Schedules are for whole minutes. */
const seekSecond = (search: Search): boolean => {
  while (search.instant % MINUTE_MS !== 0) {
    startOf(search, () => search.instant);
    search.instant += SECOND_MS;
    if (search.instant % MINUTE_MS === 0) return false;
  }
  return true;
};
