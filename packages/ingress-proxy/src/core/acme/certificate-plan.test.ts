import { describe, expect, it } from 'vitest';
import { dueAtMs, nextCertificate, orderBackoffMs } from './certificate-plan.js';

const DAY = 86_400_000;
const NOW = 1_000 * DAY;

describe('a certificate is due', () => {
  it('at once where there is none', () => expect(dueAtMs(undefined, NOW)).toBe(0));

  it.each([
    [0, 60],
    [0.5, 58.5],
    [1, 57],
  ])('of 90 days, with jitter %d, after %d days', (jitter, days) =>
    expect(dueAtMs({ failures: 0, certificate: { notBeforeMs: NOW, notAfterMs: NOW + 90 * DAY, jitter } }, NOW)).toBe(NOW + days * DAY),
  );

  it('not before its wait is over after a failure, but a week from now at the latest, whatever the clock has been', () => {
    const certificate = { notBeforeMs: NOW - 80 * DAY, notAfterMs: NOW + 10 * DAY, jitter: 0 };
    expect(dueAtMs({ failures: 2, retryAtMs: NOW + 5_000, certificate }, NOW)).toBe(NOW + 5_000);
    expect(dueAtMs({ failures: 2, retryAtMs: NOW + 900 * DAY }, NOW)).toBe(NOW + 7 * DAY);
    expect(dueAtMs({ failures: 0, retryAtMs: NOW + 5_000 }, NOW)).toBe(0);
  });

  it('one after the other, those without any first', () => {
    const states = new Map([
      ['a', { failures: 0, certificate: { notBeforeMs: NOW, notAfterMs: NOW + 9 * DAY, jitter: 0 } }],
      ['b', { failures: 0, certificate: { notBeforeMs: NOW, notAfterMs: NOW + 3 * DAY, jitter: 0 } }],
    ]);
    expect(nextCertificate(['a', 'b', 'c'], states, NOW)).toEqual({ key: 'c', atMs: 0 });
    expect(nextCertificate(['a', 'b'], states, NOW)).toEqual({ key: 'b', atMs: NOW + 2 * DAY });
    expect(nextCertificate([], states, NOW)).toBeUndefined();
  });
});

describe('after failures', () => {
  const wait = (kind: 'refused' | 'unreachable', failures: number, retryAfterMs?: number, random = 0) =>
    orderBackoffMs(kind, { failures, retryAfterMs, random }) / 60_000;

  it('a server that says no is asked after a quarter of an hour, then later and later up to a day', () =>
    expect([1, 2, 3, 7, 8, 1_000].map((failures) => wait('refused', failures))).toEqual([15, 30, 60, 960, 1_440, 1_440]));

  it('one that can’t be reached after a minute, up to an hour', () =>
    expect([1, 2, 6, 7, 1_000].map((failures) => wait('unreachable', failures))).toEqual([1, 2, 32, 60, 60]));

  it('in the first hour no host is validated more than four times, as Let’s Encrypt takes five', () => {
    let at = 0;
    const tries = [1, 2, 3, 4].map((failures) => (at += wait('refused', failures)));
    expect(tries.filter((minutes) => minutes < 60).length + 1).toBeLessThan(5);
  });

  it('not earlier than the server wants it, but within a week', () => {
    expect(wait('refused', 1, 3 * 3_600_000)).toBe(180);
    expect(wait('refused', 1, Number.MAX_VALUE)).toBe(7 * 1_440);
  });

  it('a fifth longer at most, by chance', () => expect(wait('refused', 1, 0, 1)).toBe(18));
});
