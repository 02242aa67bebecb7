import { nextTime } from '@solo-kubelet/object-spec';
import { describe, expect, it } from 'vitest';
import { parseSchedule } from './parse-schedule.js';

const next = (schedule: string, timeZone: string | null, start: string, count = 1): readonly string[] => {
  const parsed = parseSchedule(schedule, timeZone);
  if (!parsed.ok) throw new Error(parsed.error);
  const times: string[] = [];
  for (
    let time = nextTime(parsed.value, Date.parse(start));
    time !== undefined && times.length < count;
    time = nextTime(parsed.value, time)
  ) {
    times.push(new Date(time).toISOString().slice(0, 16));
  }
  return times;
};

describe('nextTime', () => {
  it.each([
    ['*/5 * * * *', null, '2026-01-01T00:04:59.5Z', ['2026-01-01T00:05', '2026-01-01T00:10']],
    ['0 0 1 * *', null, '2026-01-01T00:00:00Z', ['2026-02-01T00:00', '2026-03-01T00:00']],
    ['0 0 29 2 *', null, '2026-01-01T00:00:00Z', ['2028-02-29T00:00', '2032-02-29T00:00']],
    ['30 6 * * mon-fri', 'Europe/Berlin', '2026-06-19T12:00:00Z', ['2026-06-22T04:30', '2026-06-23T04:30']],
    ['@weekly', null, '2026-06-15T00:00:00Z', ['2026-06-21T00:00', '2026-06-28T00:00']],
  ])('%s in %s from %s', (schedule, zone, start, times) => {
    expect(next(schedule, zone, start, 2)).toEqual(times);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 8.64e15 + 1])('is not there after %s, which is no time', (time) => {
    const parsed = parseSchedule('* * * * *');
    expect(parsed.ok && nextTime(parsed.value, time)).toBeUndefined();
  });

  it('needs both days to match when one of them is a bare star, else either', () => {
    expect(next('0 0 13 * fri', null, '2026-02-01T00:00:00Z', 3)).toEqual(['2026-02-06T00:00', '2026-02-13T00:00', '2026-02-20T00:00']);
    expect(next('0 0 13 * *', null, '2026-02-01T00:00:00Z', 2)).toEqual(['2026-02-13T00:00', '2026-03-13T00:00']);
    expect(next('0 0 */15 * 1', null, '2026-02-01T00:00:00Z', 3)).toEqual(['2026-02-02T00:00', '2026-02-09T00:00', '2026-02-16T00:00']);
  });

  it.each([
    [
      'a time in the missing hour is left out',
      '30 2 * * *',
      'America/New_York',
      '2026-03-07T12:00:00Z',
      ['2026-03-09T06:30', '2026-03-10T06:30'],
    ],
    ['hours go on over the gap', '0 * * * *', 'America/New_York', '2026-03-08T05:30:00Z', ['2026-03-08T06:00', '2026-03-08T07:00']],
    [
      'a time in the doubled hour comes twice',
      '30 1 * * *',
      'America/New_York',
      '2026-11-01T00:00:00Z',
      ['2026-11-01T05:30', '2026-11-01T06:30'],
    ],
    ['the hour after comes once', '0 2 * * *', 'America/New_York', '2026-11-01T00:00:00Z', ['2026-11-01T07:00', '2026-11-02T07:00']],
    ['a missing midnight is left out', '0 0 * * *', 'America/Sao_Paulo', '2018-11-03T12:00:00Z', ['2018-11-05T02:00', '2018-11-06T02:00']],
    ['a gap of half an hour', '15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z', ['2026-10-04T15:15', '2026-10-05T15:15']],
    ['an overlap of half an hour', '45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T12:00:00Z', ['2026-04-04T14:45', '2026-04-04T15:15']],
  ])('when clocks change: %s', (_name, schedule, zone, start, times) => {
    expect(next(schedule, zone, start, 2)).toEqual(times);
  });

  it('finds nothing for a day that no month has, nor beyond five years', () => {
    expect(next('0 0 30 2 *', 'Europe/Berlin', '2026-01-01T00:00:00Z')).toEqual([]);
    expect(next('0 0 29 2 *', null, '2096-03-01T00:00:00Z')).toEqual([]);
  });

  it('counts @every from the full second before, in whole seconds', () => {
    expect(next('@every 90s', null, '2026-01-01T00:00:00.9Z', 2)).toEqual(['2026-01-01T00:01', '2026-01-01T00:03']);
    expect(next('@every -1h', null, '2026-01-01T00:00:59Z')).toEqual(['2026-01-01T00:01']);
  });
});
