import { type ExponentialBackoff, nextBackoffMs } from '@solo-kubelet/timers/backoff';
import type { Clock } from './clock.js';
import { createRecent } from './recent.js';

/** Until a pod whose plugin answered with an error is worth another try; it grows with every failure of that pod. */
const BACKOFF: ExponentialBackoff = { initialMs: 10_000, maxMs: 300_000 };
/** Pods whose waits are remembered. */
const MAX_PODS = 256;

export interface RetryTimers {
  /** The pod failed once more: tells when its time has come. */
  failed(podUid: string): void;
  /** The pod failed no more. */
  succeeded(podUid: string): void;
  close(): void;
}

export const createRetryTimers = (clock: Clock, tell: () => void): RetryTimers => {
  const waits = createRecent<{ readonly delayMs: number; readonly cancel: () => void }>(MAX_PODS);
  return {
    failed: (podUid) => {
      const last = waits.get(podUid);
      last?.cancel();
      const delayMs = nextBackoffMs(BACKOFF, last?.delayMs);
      waits.set(podUid, { delayMs, cancel: clock.after(delayMs, tell) });
    },
    succeeded: (podUid) => {
      waits.get(podUid)?.cancel();
      waits.delete(podUid);
    },
    close: () => {
      for (const { cancel } of waits.values()) cancel();
    },
  };
};
