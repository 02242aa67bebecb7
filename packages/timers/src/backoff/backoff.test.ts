import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs, nextBackoffMs } from './backoff.js';

describe('exponential back-off', () => {
  it.each([
    [0, 0],
    [1, 10_000],
    [2, 20_000],
    [5, 160_000],
    [6, 300_000],
    [7, 300_000],
    [1_000_000, 300_000],
  ])('CrashLoopBackOff: after %i failures it waits %i ms', (failures, ms) =>
    expect(backoffMs({ initialMs: 10_000, maxMs: 300_000 }, failures)).toBe(ms),
  );

  it('begins with the longest wait where the first one is longer', () =>
    expect([backoffMs({ initialMs: 10_000, maxMs: 1_000 }, 1), nextBackoffMs({ initialMs: 10_000, maxMs: 1_000 })]).toEqual([
      1_000, 1_000,
    ]));

  it('a first wait of 0 stays 0, however often it fails', () =>
    expect([backoffMs({ initialMs: 0, maxMs: 100 }, 10_000), nextBackoffMs({ initialMs: 0, maxMs: 100 }, 0)]).toEqual([0, 0]));

  it('grows by another factor without an end', () =>
    expect([1, 2, 3].map((failures) => backoffMs({ initialMs: 500, maxMs: Number.POSITIVE_INFINITY, factor: 1.5 }, failures))).toEqual([
      500, 750, 1_125,
    ]));

  it('is the same by the count of failures as by the wait before', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 1e9 }),
        fc.integer({ min: 1, max: 60 }),
        (initialMs, maxMs, n) => {
          const policy = { initialMs, maxMs };
          let waitMs = 0;
          for (let i = 0; i < n; i += 1) waitMs = nextBackoffMs(policy, waitMs);
          expect(waitMs).toBe(backoffMs(policy, n));
        },
      ),
    ));
});
