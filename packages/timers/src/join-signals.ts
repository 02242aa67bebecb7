import { onAbort } from './on-abort.js';

/** A signal that aborts with the first of several, until it is disposed of. */
export interface JoinedSignal extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * As `AbortSignal.any`, but leaves nothing behind at the signals it follows: of Node 20's, one that lives long remembers every join it was ever part of.
 *
 * @example
 * using joined = joinSignals([signal, timeoutSignal(5_000)]);
 * await work({ signal: joined.signal });
 */
export const joinSignals = (signals: readonly (AbortSignal | undefined)[]): JoinedSignal => {
  const controller = new AbortController();
  const releases: (() => void)[] = [];
  const release = (): void => {
    for (const each of releases.splice(0)) each();
  };
  for (const signal of signals) {
    releases.push(
      onAbort(signal, () => {
        controller.abort(signal?.reason);
        release();
      }),
    );
    if (controller.signal.aborted) break;
  }
  if (controller.signal.aborted) release();
  return { signal: controller.signal, [Symbol.dispose]: release };
};
