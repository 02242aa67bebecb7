import { type CronSchedule, isTimeZone, nextTime, parseCronSchedule } from '@solo-kubelet/object-spec';
import type { MaintenanceWindow } from '../core/rollout/rollout-policy.js';

type ReadSchedule = { readonly ok: true; readonly schedule: CronSchedule } | { readonly ok: false; readonly error: string };

/** Reads when a window starts. Around a change of clocks it is as with a CronJob: a start in the missing hour is left out, one in the doubled hour comes twice. */
export const readWindowSchedule = ({ schedule, timeZone }: Pick<MaintenanceWindow, 'schedule' | 'timeZone'>): ReadSchedule => {
  if (schedule.includes('TZ=')) return { ok: false, error: 'name the time zone in timeZone' };
  if (timeZone !== undefined && !isTimeZone(timeZone)) return { ok: false, error: `unknown time zone ${timeZone}` };
  const read = parseCronSchedule(timeZone === undefined ? schedule : `TZ=${timeZone} ${schedule}`, () => undefined);
  if (!read.ok) return { ok: false, error: read.error };
  return read.value.type === 'fields' ? { ok: true, schedule: read.value } : { ok: false, error: '@every has no times of its own' };
};

export interface WindowState {
  readonly open: boolean;
  /** When that changes at the earliest, ms since 1970; undefined: not within five years. */
  readonly untilMs?: number;
}

/** Whether any of the windows is open. A window is open from its start on, and no longer at its end. */
export const windowState = (windows: readonly MaintenanceWindow[], nowMs: number): WindowState => {
  if (windows.length === 0) return { open: true };
  let endMs: number | undefined;
  let startMs: number | undefined;
  for (const window of windows) {
    const read = readWindowSchedule(window);
    if (!read.ok) continue;
    const last = lastStart(read.schedule, window.durationMs, nowMs);
    if (last !== undefined) endMs = Math.max(endMs ?? 0, last + window.durationMs);
    const next = nextTime(read.schedule, nowMs);
    if (next !== undefined) startMs = Math.min(startMs ?? Number.POSITIVE_INFINITY, next);
  }
  if (endMs !== undefined) return { open: true, untilMs: endMs };
  return { open: false, ...(startMs !== undefined && { untilMs: startMs }) };
};

/** Schedules are for whole minutes: two starts are never nearer. */
const MINUTE_MS = 60_000;

/** The last start whose window is still open. Found by halving, since a schedule of every minute has 10,080 of them in a week. */
const lastStart = (schedule: CronSchedule, durationMs: number, nowMs: number): number | undefined => {
  const first = nextTime(schedule, nowMs - durationMs);
  if (first === undefined || first > nowMs) return undefined;
  let last = first;
  for (let end = nowMs; end - last >= MINUTE_MS; ) {
    const middle = last + (end - last) / 2;
    const next = nextTime(schedule, middle);
    if (next !== undefined && next <= nowMs) last = next;
    else end = middle;
  }
  return last;
};
