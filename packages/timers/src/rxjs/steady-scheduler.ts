import { asyncScheduler, type SchedulerLike } from 'rxjs';

/** Unix time as it was when the process started, plus how long it has run, ms: nobody can set this clock, so its differences are durations. */
export const steadyNow = (): number => Math.floor(performance.timeOrigin + performance.now());

/** Timers as of `asyncScheduler`, whose own clock follows the machine's and may jump. */
export const steadyScheduler: SchedulerLike = {
  now: steadyNow,
  schedule: (...args: Parameters<SchedulerLike['schedule']>) => asyncScheduler.schedule(...args),
};
