import { describe, expect, it } from 'vitest';
import { cronJobRunName, missedStarts, nextStartWakeMs, type StartQuestion } from './missed-starts.js';
import { parseSchedule } from './parse-schedule.js';

const question = (schedule: string, now: string, more: Partial<StartQuestion> = {}): StartQuestion => {
  const parsed = parseSchedule(schedule);
  if (!parsed.ok) throw new Error(parsed.error);
  return { schedule: parsed.value, createdMs: Date.parse('2026-01-01T00:00:00Z'), nowMs: Date.parse(now), ...more };
};
const dueAt = (schedule: string, now: string, more: Partial<StartQuestion> = {}): readonly [string | undefined, string] => {
  const { mostRecentMs, missed } = missedStarts(question(schedule, now, more));
  return [mostRecentMs === undefined ? undefined : new Date(mostRecentMs).toISOString().slice(0, 16), missed];
};

describe('missedStarts', () => {
  it('answers only the last of the starts that were missed, and how many there were', () => {
    expect(dueAt('*/5 * * * *', '2026-01-01T00:04:59Z')).toEqual([undefined, 'none']);
    expect(dueAt('*/5 * * * *', '2026-01-01T00:05:00Z')).toEqual(['2026-01-01T00:05', 'none']);
    expect(dueAt('*/5 * * * *', '2026-01-01T00:31:00Z')).toEqual(['2026-01-01T00:30', 'few']);
    expect(dueAt('*/5 * * * *', '2026-01-01T08:19:59Z')).toEqual(['2026-01-01T08:15', 'few']);
    expect(dueAt('*/5 * * * *', '2026-01-02T00:01:00Z')).toEqual(['2026-01-02T00:00', 'many']);
  });

  it('finds the last start of a schedule whose starts are not evenly spaced', () => {
    expect(dueAt('30 6-16/4 * * 1-5', '2026-01-06T07:00:00Z')).toEqual(['2026-01-06T06:30', 'few']);
  });

  it('looks for none before the last one and none that the deadline has passed', () => {
    expect(dueAt('@hourly', '2026-01-01T03:30:00Z', { lastScheduleMs: Date.parse('2026-01-01T03:00:00Z') })[0]).toBeUndefined();
    expect(dueAt('@hourly', '2026-01-01T03:30:00Z', { startingDeadlineSeconds: 60 })[0]).toBeUndefined();
    expect(dueAt('@hourly', '2026-01-01T03:00:30Z', { startingDeadlineSeconds: 60 })[0]).toBe('2026-01-01T03:00');
  });

  it('wakes 100 ms after the next start, and never for a day that no month has', () => {
    expect(nextStartWakeMs(question('@hourly', '2026-01-01T03:30:00Z'))).toBe(Date.parse('2026-01-01T04:00:00.1Z'));
    const never = question('0 0 31 2 *', '2026-01-01T03:30:00Z');
    expect([nextStartWakeMs(never), missedStarts(never).error]).toEqual([
      undefined,
      'time difference between two schedules is less than 1 second',
    ]);
  });

  it('names a run by its minute', () => {
    expect(cronJobRunName('backup', Date.parse('2026-06-15T10:00:00Z'))).toBe('backup-29691960');
  });
});
