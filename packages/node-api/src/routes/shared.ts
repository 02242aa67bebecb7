/**
 * One run for all who ask while it is under way. Nobody's leaving ends it for the others: each waits with a signal of his own, and the run
 * itself has none of theirs.
 */
export const shared = <T>(run: () => Promise<T>): ((signal: AbortSignal) => Promise<T>) => {
  let underWay: Promise<T> | undefined;
  return (signal) => {
    underWay ??= run().finally(() => {
      underWay = undefined;
    });
    return unlessAborted(underWay, signal);
  };
};

const unlessAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
