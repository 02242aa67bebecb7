import type { SchedulerLike } from 'rxjs';

/** Resolves after `ms` by the scheduler's clock, or at once when aborted. */
export const delay = (ms: number, scheduler: SchedulerLike, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = scheduler.schedule(() => finish(), ms);
    const finish = (): void => {
      timer.unsubscribe();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    signal.addEventListener('abort', finish, { once: true });
  });

/** The work's result, or undefined when it takes longer than `ms`: then it goes on, and its end no longer matters here. */
export const atMost = async <T>(ms: number, scheduler: SchedulerLike, signal: AbortSignal, work: Promise<T>): Promise<T | undefined> => {
  const done = new AbortController();
  try {
    return await Promise.race([work, delay(ms, scheduler, AbortSignal.any([signal, done.signal])).then(() => undefined)]);
  } finally {
    done.abort();
    work.catch(() => {});
  }
};
