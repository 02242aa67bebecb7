/** The longest wait that Node's timers know, ms: 24.8 days. They take a longer one for 1 ms. */
export const MAX_TIMER_MS = 2_147_483_647;

export interface LongTimeoutOptions {
  /** Whether the wait keeps the process running. Default true. */
  readonly ref?: boolean | undefined;
}

/**
 * Calls back once after `ms`, however long that is; the result takes it back. Below 0 counts as 0, and `Infinity` never comes.
 *
 * @throws RangeError when `ms` is NaN.
 */
export const longTimeout = (callback: () => void, ms: number, { ref = true }: LongTimeoutOptions = {}): (() => void) => {
  let timer: NodeJS.Timeout;
  const wait = (leftMs: number): void => {
    const stretchMs = firstStretch(leftMs);
    timer = setTimeout(() => (leftMs > stretchMs ? wait(leftMs - stretchMs) : callback()), stretchMs);
    if (!ref) timer.unref();
  };
  wait(ms);
  return () => clearTimeout(timer);
};

/** As much of a wait as one timer can do, ms. */
export const firstStretch = (ms: number): number => {
  if (Number.isNaN(ms)) throw new RangeError('a wait of NaN ms');
  return Math.min(Math.max(ms, 0), MAX_TIMER_MS);
};

/**
 * Calls back every `ms`, however long that is, for the first time after `ms`; the result ends it.
 *
 * @throws RangeError when `ms` is not above 0: it would do nothing else.
 */
export const longInterval = (callback: () => void, ms: number, options: LongTimeoutOptions = {}): (() => void) => {
  if (!(ms > 0)) throw new RangeError(`an interval of ${ms} ms`);
  let cancel = (): void => {};
  const next = (): void => {
    cancel = longTimeout(
      () => {
        next();
        callback();
      },
      ms,
      options,
    );
  };
  next();
  return () => cancel();
};
