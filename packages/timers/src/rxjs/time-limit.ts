import type { SchedulerLike } from 'rxjs';
import { joinSignals } from '../join-signals.js';
import { onAbort } from '../on-abort.js';

/** Resolves after `ms` by the scheduler's clock, or at once when aborted. */
export const delay = (ms: number, scheduler: SchedulerLike, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    let release = (): void => {};
    const timer = scheduler.schedule(() => finish(), ms);
    const finish = (): void => {
      timer.unsubscribe();
      release();
      resolve();
    };
    release = onAbort(signal, finish);
  });

/** The work's result, or undefined when it takes longer than `ms`: then it goes on, and its end no longer matters here. */
export const atMost = async <T>(ms: number, scheduler: SchedulerLike, signal: AbortSignal, work: Promise<T>): Promise<T | undefined> => {
  const done = new AbortController();
  using joined = joinSignals([signal, done.signal]);
  try {
    return await Promise.race([work, delay(ms, scheduler, joined.signal).then(() => undefined)]);
  } finally {
    done.abort();
    work.catch(() => {});
  }
};
