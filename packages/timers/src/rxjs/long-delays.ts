import type { SchedulerAction, SchedulerLike } from 'rxjs';
import { firstStretch } from '../long-timeout.js';

const wrapped = new WeakSet<SchedulerLike>();

/**
 * A scheduler whose waits may be of any length, `Infinity` included: `timer`, `delay`, `debounceTime` and all else that is given it. RxJS' own hand a
 * wait of more than 24.8 days to Node, which makes it 1 ms. Libraries put it around whichever scheduler their caller gives.
 */
export const longDelays = (scheduler: SchedulerLike): SchedulerLike => {
  if (wrapped.has(scheduler)) return scheduler;
  const long: SchedulerLike = {
    now: () => scheduler.now(),
    schedule: <T>(work: (this: SchedulerAction<T>, state: T) => void, delayMs: number, state: T) => {
      let leftMs = delayMs ?? 0;
      const next = (): number => {
        const stretchMs = firstStretch(leftMs);
        leftMs -= stretchMs;
        return stretchMs;
      };
      return scheduler.schedule<T>(
        function (given) {
          if (leftMs > 0) {
            this.schedule(given, next());
            return;
          }
          // The work may ask for another turn of its own, as `timer` with a period does.
          const again = this.schedule.bind(this);
          this.schedule = (then, ms = 0) => {
            leftMs = ms;
            return again(then as T, next());
          };
          try {
            work.call(this, given);
          } finally {
            this.schedule = again;
          }
        },
        next(),
        state,
      );
    },
  };
  wrapped.add(long);
  return long;
};
