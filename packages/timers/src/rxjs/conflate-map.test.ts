import { map, type Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { expect, it } from 'vitest';
import { conflateMap } from './conflate-map.js';

const marbles = (test: (helpers: Parameters<Parameters<TestScheduler['run']>[0]>[0], scheduler: TestScheduler) => void): void => {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  scheduler.run((helpers) => test(helpers, scheduler));
};

it('runs one at a time and keeps only the newest of what comes meanwhile', () =>
  marbles(({ hot, cold, expectObservable }) => {
    const trigger = hot(' -a-b-c---------|');
    const run = cold('      ----x|         ');
    const expected = '    -----a----c----|';
    expectObservable(trigger.pipe(conflateMap((value: string) => run.pipe(map(() => value))))).toBe(expected);
  }));

it('never drops the last value, not even one that comes as the run ends', () =>
  marbles(({ hot, cold, expectObservable }) => {
    const trigger = hot(' a---b|         ');
    const run = cold('    ---x|          ');
    const expected = '    ---a---b|      ';
    expectObservable(trigger.pipe(conflateMap((value: string) => run.pipe(map(() => value))))).toBe(expected);
  }));

it('runs different keys side by side', () =>
  marbles(({ hot, cold, expectObservable }) => {
    const trigger = hot(' ab-c--|        ');
    const run = cold('    ---x|          ');
    const expected = '    ---ab--c|      ';
    const keyOf = (value: string) => (value === 'b' ? 'b' : 'a');
    expectObservable(trigger.pipe(conflateMap((value: string) => run.pipe(map(() => value)), { keyOf }))).toBe(expected);
  }));

it('runs again after the pause that the last result asks for, unless a value comes first', () =>
  marbles(({ hot, cold, expectObservable }, scheduler) => {
    const trigger = hot(' a--------b-----');
    const run = cold('    x|             ');
    const expected = '    a----a---b----a';
    const again = conflateMap((value: string): Observable<string> => run.pipe(map(() => value)), { requeueAfterMs: () => 4, scheduler });
    expectObservable(
      trigger.pipe(
        again,
        map((value) => (value === 'b' ? 'b' : 'a')),
      ),
      '^--------------!',
    ).toBe(expected.replace(/a$/, 'b'));
  }));

it('holds a value back for a newer one, for as long as the most urgent of them may wait', () =>
  marbles(({ hot, cold, expectObservable }, scheduler) => {
    const trigger = hot(' a-b-----c-D----e------f|');
    const run = cold('    --x|                    ');
    const expected = '    ------b-----D--------e---f|';
    const held = conflateMap((value: string) => run.pipe(map(() => value)), {
      holdMs: (value) => (value === 'D' ? 0 : 4),
      scheduler,
    });
    expectObservable(trigger.pipe(held)).toBe(expected);
  }));

it('does not make an urgent value that came during a run wait for one that followed it', () =>
  marbles(({ hot, cold, expectObservable }, scheduler) => {
    const trigger = hot(' A-B-c---');
    const run = cold('    -----x|');
    const expected = '    -----A-----c';
    const held = conflateMap((value: string) => run.pipe(map(() => value)), {
      holdMs: (value) => (value < 'a' ? 0 : 100),
      scheduler,
    });
    expectObservable(trigger.pipe(held), '^--------------!').toBe(expected);
  }));

it('ends all runs when it is left', () =>
  marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
    const trigger = hot(' a-------');
    const run = cold('    -----x--');
    const left = '        ---!    ';
    expectObservable(trigger.pipe(conflateMap(() => run)), left).toBe('');
    expectSubscriptions(run.subscriptions).toBe('^--!');
  }));

it('hands on an error of a run', () =>
  marbles(({ hot, cold, expectObservable }) => {
    const trigger = hot(' a--|');
    const run = cold('    -#  ');
    expectObservable(trigger.pipe(conflateMap(() => run))).toBe('-#');
  }));
