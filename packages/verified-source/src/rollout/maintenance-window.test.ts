import { nextTime } from '@solo-kubelet/object-spec';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { readWindowSchedule, windowState } from './maintenance-window.js';

const HOUR_MS = 3_600_000;
const at = (text: string): number => Date.parse(text);
const state = (window: { schedule: string; timeZone?: string; durationMs: number }, now: string) => {
  const { open, untilMs } = windowState([window], at(now));
  return [open, untilMs === undefined ? undefined : new Date(untilMs).toISOString()];
};

describe('a maintenance window', () => {
  const nights = { schedule: '0 2 * * 1-5', timeZone: 'Europe/Berlin', durationMs: 3 * HOUR_MS };
  it.each([
    ['before it', '2026-11-30T00:59:59Z', [false, '2026-11-30T01:00:00.000Z']],
    ['at its start', '2026-11-30T01:00:00Z', [true, '2026-11-30T04:00:00.000Z']],
    ['at its end', '2026-11-30T04:00:00Z', [false, '2026-12-01T01:00:00.000Z']],
    ['on a Saturday', '2026-11-28T02:00:00Z', [false, '2026-11-30T01:00:00.000Z']],
    ['in summer', '2026-07-01T00:30:00Z', [true, '2026-07-01T03:00:00.000Z']],
  ])('%s', (_what, now, want) => expect(state(nights, now)).toEqual(want));

  it('lasts as long as it says when the clocks change in it', () => {
    const daily = { schedule: '0 1 * * *', timeZone: 'Europe/Berlin', durationMs: 3 * HOUR_MS };
    // 29 March: from 1:00 on the clocks until 5:00 on the clocks, since there is no 2:30.
    expect(state(daily, '2026-03-29T02:59:59Z')).toEqual([true, '2026-03-29T03:00:00.000Z']);
    // 25 October: until 3:00 on the clocks, since 2:30 comes twice.
    expect(state(daily, '2026-10-25T01:59:59Z')).toEqual([true, '2026-10-25T02:00:00.000Z']);
    expect(state(daily, '2026-10-25T02:00:00Z')).toEqual([false, '2026-10-26T00:00:00.000Z']);
  });

  it('is left out where its start does not exist, and comes twice where it does twice, as a CronJob', () => {
    const half = { schedule: '30 2 * * *', timeZone: 'Europe/Berlin', durationMs: HOUR_MS / 2 };
    expect(state(half, '2026-03-28T12:00:00Z')).toEqual([false, '2026-03-30T00:30:00.000Z']);
    expect(state(half, '2026-10-25T00:40:00Z')).toEqual([true, '2026-10-25T01:00:00.000Z']);
    expect(state(half, '2026-10-25T01:10:00Z')).toEqual([false, '2026-10-25T01:30:00.000Z']);
    expect(state(half, '2026-10-25T01:40:00Z')).toEqual([true, '2026-10-25T02:00:00.000Z']);
  });

  it('of several, any will do; without any, all times', () => {
    const windows = [nights, { schedule: '0 12 * * 6', durationMs: HOUR_MS }];
    expect(windowState(windows, at('2026-11-28T12:30:00Z')).open).toBe(true);
    expect(windowState(windows, at('2026-11-28T11:30:00Z'))).toEqual({ open: false, untilMs: at('2026-11-28T12:00:00Z') });
    expect(windowState([], 0)).toEqual({ open: true });
  });

  it('that never comes is never open, and that comes before it ends is open all the time', () => {
    expect(windowState([{ schedule: '0 0 30 2 *', durationMs: HOUR_MS }], 0)).toEqual({ open: false });
    const always = { schedule: '* * * * *', durationMs: 7 * 24 * HOUR_MS };
    expect(windowState([always], at('2026-11-30T00:00:30Z'))).toEqual({ open: true, untilMs: at('2026-12-07T00:00:00Z') });
  });

  it('changes when it says, and not before', () =>
    fc.assert(
      fc.property(
        fc.constantFrom('0 2 * * *', '15,45 */3 * * 1-5', '0 22 * * 0', '*/20 1-3 * * *'),
        fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'),
        fc.integer({ min: 1, max: 5 * 60 }),
        fc.integer({ min: at('2026-01-01T00:00:00Z') / 1_000, max: at('2027-01-01T00:00:00Z') / 1_000 }),
        (schedule, timeZone, minutes, seconds) => {
          const windows = [{ schedule, timeZone, durationMs: minutes * 60_000 }];
          const { open, untilMs = 0 } = windowState(windows, seconds * 1_000);
          expect(untilMs).toBeGreaterThan(seconds * 1_000);
          expect(windowState(windows, untilMs - 1).open).toBe(open);
          // One that ends as another begins goes on.
          if (!open) expect(windowState(windows, untilMs).open).toBe(true);
        },
      ),
      { numRuns: 300 },
    ));

  it('ends after the last of its starts, however many there are', () =>
    fc.assert(
      fc.property(
        fc.constantFrom('0 2 * * *', '15,45 */3 * * 1-5', '* 2 * * *', '*/20 1-3 * * *', '* * * * 0'),
        fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe'),
        fc.integer({ min: 1, max: 26 * 60 }),
        fc.integer({ min: at('2026-01-01T00:00:00Z') / 1_000, max: at('2027-01-01T00:00:00Z') / 1_000 }),
        (schedule, timeZone, minutes, seconds) => {
          const window = { schedule, timeZone, durationMs: minutes * 60_000 };
          const read = readWindowSchedule(window);
          if (!read.ok) throw new Error(read.error);
          let last: number | undefined;
          for (
            let start = nextTime(read.schedule, seconds * 1_000 - window.durationMs);
            start !== undefined && start <= seconds * 1_000;
          ) {
            last = start;
            start = nextTime(read.schedule, start);
          }
          const { open, untilMs } = windowState([window], seconds * 1_000);
          expect(open).toBe(last !== undefined);
          if (last !== undefined) expect(untilMs).toBe(last + window.durationMs);
        },
      ),
      { numRuns: 100 },
    ));

  it('that begins every minute and lasts a week is looked at in some steps, not in ten thousand', () => {
    const steps = vi.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts');
    const week = { schedule: '* * * * *', timeZone: 'Europe/Berlin', durationMs: 7 * 24 * HOUR_MS };
    expect(state(week, '2026-11-30T00:00:30Z')).toEqual([true, '2026-12-07T00:00:00.000Z']);
    expect(steps.mock.calls.length).toBeLessThan(100);
    steps.mockRestore();
  });

  it.each([
    ['61 * * * *', undefined, /above maximum/],
    ['TZ=UTC 0 0 * * *', undefined, /timeZone/],
    ['@every 1h', undefined, /@every/],
    ['0 0 * * *', 'Europe/Berlinn', /unknown time zone/],
    ['', undefined, /empty/],
  ])('can not be read: %s %s', (schedule, timeZone, error) =>
    expect(readWindowSchedule({ schedule, ...(timeZone !== undefined && { timeZone }) })).toMatchObject({
      ok: false,
      error: expect.stringMatching(error),
    }),
  );
});
