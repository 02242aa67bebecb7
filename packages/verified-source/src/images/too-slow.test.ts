import { interval, map, NEVER, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { tooSlow } from './too-slow.js';

/** Runs in virtual time. */
const inTime = (
  test: (tools: { readonly scheduler: TestScheduler } & Parameters<Parameters<TestScheduler['run']>[0]>[0]) => void,
): void => {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  scheduler.run((helpers) => test({ ...helpers, scheduler }));
};

describe('the watch over the pace of a download', () => {
  const rate = (scheduler: TestScheduler, heldUpBy: () => object | undefined = () => undefined) =>
    tooSlow({ minBytes: 61_440, windowMs: 60_000, heldUpBy, scheduler });

  it('ends one of a byte a second after the first window', () =>
    inTime(({ scheduler, expectObservable }) => {
      expectObservable(
        interval(1_000, scheduler).pipe(
          map(() => 1),
          rate(scheduler),
        ),
      ).toBe('60s (a|)', { a: 59 });
    }));

  it('ends one that is silent', () =>
    inTime(({ scheduler, expectObservable }) => {
      expectObservable(NEVER.pipe(rate(scheduler))).toBe('60s (a|)', { a: 0 });
    }));

  it('ends one that becomes silent later', () =>
    inTime(({ scheduler, expectObservable }) => {
      expectObservable(
        timer(0, 1_000, scheduler).pipe(
          map((second) => (second < 150 ? 100_000 : 0)),
          rate(scheduler),
        ),
      ).toBe('240s (a|)', { a: 0 });
    }));

  it('counts no time in which somebody else keeps it from giving more', () =>
    inTime(({ scheduler, expectObservable }) => {
      const from = scheduler.now();
      const work = {};
      const heldUpBy = (): object | undefined => (scheduler.now() - from < 600_500 ? work : undefined);
      expectObservable(NEVER.pipe(rate(scheduler, heldUpBy))).toBe('655s (a|)', { a: 0 });
    }));

  it('counts all time of one that always has something short to be held up by', () =>
    inTime(({ scheduler, expectObservable }) => {
      expectObservable(NEVER.pipe(rate(scheduler, () => ({})))).toBe('60s (a|)', { a: 0 });
    }));

  it('leaves one alone for two hours that is slow and goes on', () =>
    inTime(({ scheduler, expectObservable }) => {
      const twoHours = 2 * 3_600_000;
      expectObservable(
        interval(10_000, scheduler).pipe(
          map(() => 15_000),
          rate(scheduler),
        ),
        `^ ${twoHours - 1}ms !`,
      ).toBe('');
    }));
});
