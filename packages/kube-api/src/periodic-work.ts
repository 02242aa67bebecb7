import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { longInterval } from '@solo-kubelet/timers';

/** Does work every so many ms until the signal aborts: never twice at once, and a failure of it is logged under what it is called. */
export type PeriodicWork = (periodMs: number, failure: string, work: () => Promise<void>) => void;

export const periodicWork =
  (logger: Logger, signal: AbortSignal): PeriodicWork =>
  (periodMs, failure, work) => {
    let busy = false;
    const cancel = longInterval(
      () => {
        if (busy) return;
        busy = true;
        work()
          .catch((error: unknown) => logger.warn({ err: describeError(error) }, failure))
          .finally(() => {
            busy = false;
          });
      },
      periodMs,
      { ref: false },
    );
    signal.addEventListener('abort', cancel, { once: true });
  };
