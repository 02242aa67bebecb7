import { firstStretch, longTimeout, MAX_TIMER_MS } from './long-timeout.js';

/**
 * A signal that aborts with a TimeoutError after `ms`, however long that is, and does not keep the process running; `Infinity` never comes.
 * `AbortSignal.timeout` throws for fractions, and takes more than 24.8 days for 1 ms.
 */
export const timeoutSignal = (ms: number): AbortSignal => {
  if (ms <= MAX_TIMER_MS || Number.isNaN(ms)) return AbortSignal.timeout(Math.ceil(firstStretch(ms)));
  const controller = new AbortController();
  if (ms !== Number.POSITIVE_INFINITY) longTimeout(() => controller.abort(timeUp()), ms, { ref: false });
  return controller.signal;
};

const timeUp = (): DOMException => new DOMException('The operation was aborted due to timeout', 'TimeoutError');
