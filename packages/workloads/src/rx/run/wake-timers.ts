import { type SchedulerLike, Subscription } from 'rxjs';

/** How long to wait at most before the machine's clock is read again, ms: it may have been set. */
const MAX_NAP_MS = 60_000;

export interface WakeTimers {
  /** Works once, after `ms`. */
  after(ms: number, work: () => void): Subscription;
  /** Works once, when the machine's clock has come to `wakeAtMs`. */
  at(wakeAtMs: number, work: () => void): Subscription;
}

export interface WakeTimersOptions {
  readonly scheduler: SchedulerLike;
  /** The machine's clock, ms. It may jump. */
  readonly wallNow: () => number;
  /** Ends what waits. */
  readonly whole: Subscription;
}

export const createWakeTimers = ({ scheduler, wallNow, whole }: WakeTimersOptions): WakeTimers => {
  const after = (ms: number, work: () => void): Subscription => {
    const timer = scheduler.schedule(work, ms);
    whole.add(timer);
    return timer;
  };
  return {
    after,
    at: (wakeAtMs, work) => {
      const waiting = new Subscription();
      const nap = (): void => {
        const leftMs = Math.min(Math.max(wakeAtMs - wallNow(), 0), MAX_NAP_MS);
        waiting.add(after(leftMs, () => (wallNow() >= wakeAtMs ? work() : nap())));
      };
      nap();
      return waiting;
    },
  };
};

/** One timer for each workload; a new one takes the place of the one before. */
export interface KeyTimers {
  after(key: string, ms: number): void;
  at(key: string, wakeAtMs: number): void;
  cancel(key: string): void;
}

export const createKeyTimers = (timers: WakeTimers, wake: (key: string) => void): KeyTimers => {
  const waiting = new Map<string, Subscription>();
  const cancel = (key: string): void => waiting.get(key)?.unsubscribe();
  return {
    cancel,
    after: (key, ms) => {
      cancel(key);
      waiting.set(
        key,
        timers.after(ms, () => wake(key)),
      );
    },
    at: (key, wakeAtMs) => {
      cancel(key);
      waiting.set(
        key,
        timers.at(wakeAtMs, () => wake(key)),
      );
    },
  };
};
