import { describe, expect, it } from 'vitest';
import { parseSchedule } from './parse-schedule.js';

const errorOf = (schedule: string, timeZone?: string): string | undefined => {
  const result = parseSchedule(schedule, timeZone);
  return result.ok ? undefined : result.error;
};

describe('parseSchedule', () => {
  it.each([
    ['', 'empty spec string'],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * * 0 *', 'beginning of range (0) below minimum (1): 0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['* * * * 7', 'end of range (7) above maximum (6): 7'],
    ['@reboot', 'unrecognized descriptor: @reboot'],
    ['@every x', 'failed to parse duration @every x: time: invalid duration "x"'],
    ['@every 5', 'failed to parse duration @every 5: time: missing unit in duration "5"'],
    ['TZ=Nope/Zone * * * * *', 'provided bad location Nope/Zone: unknown time zone Nope/Zone'],
    ['TZ=UTC', 'invalid schedule format: runtime error: slice bounds out of range [:-1]'],
  ])('refuses %j: %s', (schedule, error) => {
    expect(errorOf(schedule)).toBe(error);
  });

  it.each([
    '*/90 * * * *',
    '1,,2 * * * *',
    '* * * JAN-dec Sun',
    '?/5 * * * ?',
    '*-5 * * * *',
    '+5 0 * * *',
    '\t0  1 * * *',
    '@every 1h30m',
    '@every 0s',
  ])('takes %j', (schedule) => {
    expect(errorOf(schedule)).toBeUndefined();
  });

  it('takes the zone of the schedule, else that of the CronJob if it is known, else UTC', () => {
    const zoneOf = (schedule: string, timeZone?: string): string | undefined => {
      const result = parseSchedule(schedule, timeZone);
      return result.ok && result.value.type === 'fields' ? result.value.timeZone : undefined;
    };
    expect(zoneOf('0 0 * * *', 'Europe/Berlin')).toBe('Europe/Berlin');
    expect(zoneOf('CRON_TZ=Asia/Kolkata 0 0 * * *', 'Europe/Berlin')).toBe('Asia/Kolkata');
    expect(['Nope/Zone', 'europe/berlin', '+01:00', 'Utc', ''].map((zone) => zoneOf('0 0 * * *', zone))).toEqual(Array(5).fill('UTC'));
  });
});
