import { performance } from 'node:perf_hooks';
import { type CriClient, CriError, type CriInterceptor } from '@solo-kubelet/cri-client';
import { delay } from '@solo-kubelet/timers';

const RETRY_MS = 100;

interface RecoveryOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default: a pause of 100 ms. */
  readonly pause?: (signal: AbortSignal | undefined) => Promise<unknown>;
}

/**
 * Waits until a runtime that answers has also read what it had before: containerd opens its socket first, and refuses every call but Version until it knows
 * its old pods. Every first call goes behind this. Rejects with any other failure.
 */
export const untilRecovered = async (
  cri: { readonly runtime: Pick<CriClient['runtime'], 'status'> },
  { signal, pause = (until) => delay(RETRY_MS, undefined, { signal: until }) }: RecoveryOptions = {},
): Promise<void> => {
  for (;;) {
    try {
      await cri.runtime.status({}, signal === undefined ? {} : { signal });
      return;
    } catch (error) {
      if (!isRecovering(error)) throw error;
      await pause(signal);
    }
  }
};

/**
 * Has every call wait for the same, within its own time limit: for a client whose first call may be any. Such a runtime refuses before it does anything,
 * so that a call can be made again.
 */
export const afterRecovery: CriInterceptor = (next) => async (call) => {
  const giveUpAt = performance.now() + (call.timeoutMs ?? Number.POSITIVE_INFINITY);
  for (;;) {
    try {
      return await next(call);
    } catch (error) {
      if (!isRecovering(error) || performance.now() + RETRY_MS > giveUpAt) throw error;
      await delay(RETRY_MS, undefined, { signal: call.signal });
    }
  }
};

/** containerd has no code of its own for it: Unknown up to 1.6, Unavailable later (internal/cri/server, `server is not initialized yet`). */
const isRecovering = (error: unknown): boolean => CriError.is(error) && error.details.includes('server is not initialized yet');
