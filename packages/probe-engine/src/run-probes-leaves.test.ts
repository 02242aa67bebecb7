import { NEVER, Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { expect, it } from 'vitest';
import type { ProbeTarget } from './probe-target.js';
import { runProbes } from './run-probes.js';
import { probeTarget } from './testing/index.js';

it('lets go of its targets when nobody listens any more', () => {
  let listening = 0;
  const targets$ = new Observable<readonly ProbeTarget[]>((subscriber) => {
    listening += 1;
    subscriber.next([probeTarget({ kind: 'liveness' })]);
    subscriber.add(NEVER.subscribe());
    return () => {
      listening -= 1;
    };
  });
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(({ flush }) => {
    const subscription = targets$.pipe(runProbes({ handlers: [] })).subscribe();
    expect(listening).toBe(1);
    subscription.unsubscribe();
    expect(listening).toBe(0);
    flush();
  });
});
