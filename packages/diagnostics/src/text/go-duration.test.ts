import { describe, expect, it } from 'vitest';
import { formatGoDuration, parseGoDuration, readGoDuration } from './go-duration.js';

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

  it.each([
    ['1.5h', { ok: true, nanoseconds: 5_400_000_000_000n }],
    ['9223372036854775807ns', { ok: true, nanoseconds: 2n ** 63n - 1n }],
    ['-9223372036854775808ns', { ok: true, nanoseconds: -(2n ** 63n) }],
    ['9223372036854775808ns', { ok: false, problem: 'invalid' }],
    ['2562047h48m', { ok: false, problem: 'invalid' }],
    ['5', { ok: false, problem: 'missing unit' }],
    ['5d', { ok: false, problem: 'unknown unit', unit: 'd' }],
    ['5constructor', { ok: false, problem: 'unknown unit', unit: 'constructor' }],
    ['1m-2s', { ok: false, problem: 'unknown unit', unit: 'm-' }],
    ['', { ok: false, problem: 'invalid' }],
  ])('reads %j exactly, or says what is wrong with it', (text, expected) => expect(readGoDuration(text)).toEqual(expected));
});
