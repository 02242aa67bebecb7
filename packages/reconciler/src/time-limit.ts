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

/** The work's result, or undefined when it took longer than `ms`: then its signal is aborted and it is left to itself. */
export const within = async <T>(
  ms: number,
  scheduler: SchedulerLike,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> => {
  const limit = new AbortController();
  const working = work(AbortSignal.any([signal, limit.signal]));
  const timeUp = delay(ms, scheduler, AbortSignal.any([signal, limit.signal])).then(() => undefined);
  try {
    return await Promise.race([working, timeUp]);
  } finally {
    limit.abort();
    working.catch(() => {}); // abandoned: its end no longer matters
  }
};
