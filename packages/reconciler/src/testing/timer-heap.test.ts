import fc from 'fast-check';
import { type SchedulerLike, VirtualTimeScheduler } from 'rxjs';
import { expect, it } from 'vitest';
import { timerHeap } from './timer-heap.js';

/** Timers that are made, and of which some are ended by others or by themselves; what has fired, in order. */
const firedOn = (
  scheduler: VirtualTimeScheduler,
  timers: readonly (readonly [delay: number, ends: number, again: number])[],
): readonly string[] => {
  const fired: string[] = [];
  const made = timers.map(([delay, ends, again], index) =>
    (scheduler as SchedulerLike).schedule(function () {
      fired.push(`${index} at ${scheduler.frame}`);
      made[ends % timers.length]?.unsubscribe();
      if (again > 0 && fired.length < 200) this.schedule(undefined, again);
    }, delay),
  );
  scheduler.flush();
  return fired;
};

it('fires the same timers in the same order as the list of rxjs, whichever of them are ended meanwhile', () => {
  const anyTimer = fc.tuple(fc.nat(50), fc.nat(30), fc.nat(5));
  fc.assert(
    fc.property(fc.array(anyTimer, { minLength: 1, maxLength: 150 }), (timers) => {
      const ours = new VirtualTimeScheduler();
      ours.actions = timerHeap() as unknown as typeof ours.actions;
      expect(firedOn(ours, timers)).toEqual(firedOn(new VirtualTimeScheduler(), timers));
    }),
  );
});
