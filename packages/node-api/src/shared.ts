import { checkDuration } from '@solo-kubelet/timers';

export interface SharedOptions {
  /** For how long the outcome of a run is given to who asks later, ms. Default 0: nobody is given anything old. */
  readonly freshMs?: number;
  /** A steady clock, ms. Default: `performance.now`. */
  readonly now?: () => number;
}

/**
 * One run for all who ask while it is under way or its outcome is fresh. Nobody's leaving ends it for the others: each waits with a signal of
 * his own, and the run itself has none of theirs. A failure is given to those who waited for it alone.
 */
export const shared = <T>(run: () => Promise<T>, options: SharedOptions = {}): ((signal: AbortSignal) => Promise<T>) => {
  const { now = () => performance.now() } = options;
  const freshMs = checkDuration('freshMs', options.freshMs, 0);
  let latest: { readonly outcome: Promise<T>; untilMs: number } | undefined;
  const start = (): Promise<T> => {
    const mine = { outcome: run(), untilMs: Number.POSITIVE_INFINITY };
    latest = mine;
    mine.outcome.then(
      () => {
        mine.untilMs = now() + freshMs;
      },
      () => {
        if (latest === mine) latest = undefined;
      },
    );
    return mine.outcome;
  };
  return (signal) => unlessAborted(latest !== undefined && now() < latest.untilMs ? latest.outcome : start(), signal);
};

const unlessAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
