import { describe, expect, it } from 'vitest';
import { formatGoDuration, parseGoDuration } from './go-duration.js';

describe('Go durations', () => {
  it.each([
    ['0', 0, '0s'],
    ['1h15m', 4_500_000, '1h15m0s'],
    ['1.5h', 5_400_000, '1h30m0s'],
    ['100ms', 100, '100ms'],
    ['1500ms', 1_500, '1.5s'],
    ['-1m30s', -90_000, '-1m30s'],
    ['20s', 20_000, '20s'],
    ['5us', 0.005, '5µs'],
    ['.5s', 500, '500ms'],
    ['336h', 1_209_600_000, '336h0m0s'],
  ])('reads %s as %d ms and prints it as %s', (text, ms, printed) => {
    expect(parseGoDuration(text)).toBeCloseTo(ms, 9);
    expect(formatGoDuration(ms)).toBe(printed);
  });

  it.each(['', '5', '1 m', '1d', 'm', '1m-2s', '--1s', '.s'])('reads %j as no duration', (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });
});
