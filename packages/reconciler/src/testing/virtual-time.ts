import { setImmediate } from 'node:timers/promises';
import { type SchedulerLike, VirtualTimeScheduler } from 'rxjs';

export interface VirtualTime {
  readonly scheduler: SchedulerLike;
  /** Lets this much time pass: timers fire in order, and between any two all promises settle. */
  advance(ms: number): Promise<void>;
  /** The clock jumps without timers noticing, as when somebody sets it. */
  jump(ms: number): void;
}

/** Time for streams and promises together. Starts at the given moment, default 2026-01-01. */
export const virtualTime = (startMs = Date.UTC(2026, 0, 1)): VirtualTime => {
  const scheduler = new VirtualTimeScheduler();
  let skewMs = startMs;
  scheduler.now = () => scheduler.frame + skewMs;
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn++) await setImmediate();
  };
  const nextAt = (): number => scheduler.actions.reduce((least, { delay }) => Math.min(least, delay), Number.POSITIVE_INFINITY);
  return {
    scheduler,
    advance: async (ms) => {
      const until = scheduler.frame + ms;
      await settle();
      for (let at = nextAt(); at <= until; at = nextAt()) {
        scheduler.maxFrames = at;
        scheduler.flush();
        await settle();
      }
      scheduler.frame = until;
    },
    jump: (ms) => {
      skewMs += ms;
    },
  };
};
