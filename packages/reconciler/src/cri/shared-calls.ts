import { onAbort } from '@solo-kubelet/timers';

/** Waits for work that others wait for too: an abort ends the waiting, not the work, which has a time limit of its own. */
export const waitFor = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  signal.throwIfAborted();
  let release = (): void => {};
  const left = new Promise<never>((_, reject) => {
    release = onAbort(signal, () => reject(signal.reason));
  });
  try {
    return await Promise.race([work, left]);
  } finally {
    release();
  }
};

/** Whoever asks while an earlier asker still waits gets the same answer: for questions whose answer may be as old as that. */
export const singleflight = <T>(call: () => Promise<T>): (() => Promise<T>) => {
  let running: Promise<T> | undefined;
  return () => {
    running ??= call().finally(() => {
      running = undefined;
    });
    return running;
  };
};

/**
 * One answer for many: while a call runs, those who ask wait together for the next one, which begins after they asked. A call for one key is made for
 * that key alone; one for several, or for `undefined`, is made for all.
 */
export const batchCalls = <K, T>(call: (key: K | undefined) => Promise<T>): ((key: K | undefined) => Promise<T>) => {
  let running: Promise<unknown> | undefined;
  let next: { readonly keys: Set<K | undefined>; readonly answer: Promise<T> } | undefined;
  const start = (keys: ReadonlySet<K | undefined>): Promise<T> => {
    const [only] = keys;
    const answer = call(keys.size === 1 ? only : undefined);
    const ended = answer
      .catch(() => {})
      .finally(() => {
        if (running === ended) running = undefined;
      });
    running = ended;
    return answer;
  };
  const afterwards = async (earlier: Promise<unknown>, keys: ReadonlySet<K | undefined>): Promise<T> => {
    await earlier;
    next = undefined;
    return start(keys);
  };
  return (key) => {
    if (running === undefined) return start(new Set([key]));
    if (next === undefined) {
      const keys = new Set<K | undefined>();
      next = { keys, answer: afterwards(running, keys) };
    }
    next.keys.add(key);
    return next.answer;
  };
};
