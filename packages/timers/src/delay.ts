import { type LongTimeoutOptions, longTimeout } from './long-timeout.js';
import { onAbort } from './on-abort.js';

export interface DelayOptions extends LongTimeoutOptions {
  /** Ends the wait: the promise then rejects with an AbortError. */
  readonly signal?: AbortSignal;
}

/** Resolves to `value` after `ms`, however long that is; as `setTimeout` of `node:timers/promises`, which takes more than 24.8 days for 1 ms. */
export const delay = <T = undefined>(ms: number, value?: T, { signal, ref }: DelayOptions = {}): Promise<T> =>
  new Promise((resolve, reject) => {
    const cancel = longTimeout(
      () => {
        release();
        resolve(value as T);
      },
      ms,
      { ref },
    );
    const release = onAbort(signal, () => {
      cancel();
      reject(abortError(signal?.reason));
    });
  });

/** What Node's own timers reject with. */
const abortError = (cause: unknown): Error =>
  Object.assign(new Error('The operation was aborted', { cause }), { name: 'AbortError', code: 'ABORT_ERR' });
