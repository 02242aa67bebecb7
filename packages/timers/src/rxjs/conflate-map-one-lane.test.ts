import { map } from 'rxjs';
import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { conflateMap } from './conflate-map.js';

const marbles = (body: (helpers: RunHelpers) => void): void =>
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(body);

describe('conflateMap', () => {
  it('runs one at a time and keeps the newest of those that came meanwhile', () =>
    marbles(({ hot, cold, expectObservable }) => {
      const trigger = hot('  -a-b-c---------|');
      const work = cold('     ----x|         ');
      const result = '        -----a----c----|';
      expectObservable(trigger.pipe(conflateMap((value) => work.pipe(map(() => value))))).toBe(result);
    }));

  it('finishes the running and the pending one after the source ended', () =>
    marbles(({ hot, cold, expectObservable }) => {
      const trigger = hot('  -a-b|      ');
      const work = cold('     --x|      ');
      const result = '        ---a--b|  ';
      expectObservable(trigger.pipe(conflateMap((value) => work.pipe(map(() => value))))).toBe(result);
    }));

  it('stops the running one when unsubscribed', () =>
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const trigger = hot('  -a--------');
      const work = cold('     -----x|   ');
      const until = '         ---!      ';
      expectObservable(trigger.pipe(conflateMap(() => work)), until).toBe('----');
      expectSubscriptions(work.subscriptions).toBe('-^-!');
    }));
});
