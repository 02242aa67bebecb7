import { setImmediate } from 'node:timers/promises';
import { type SchedulerLike, VirtualTimeScheduler } from 'rxjs';
import { timerHeap } from './timer-heap.js';

export interface VirtualTime {
  readonly scheduler: SchedulerLike;
  /** Lets this much time pass: timers fire in order, and between any two all promises settle. */
  advance(ms: number): Promise<void>;
  /** The machine's clock, ms: the scheduler's, and all jumps. */
  wallNow(): number;
  /** The machine's clock jumps without timers noticing, as when somebody sets it; to no time before 1970, which Linux refuses. */
  jump(ms: number): void;
  /** As when a new process starts: from here on the scheduler's clock says what the machine's says now. */
  restart(): void;
}

/** Time for streams and promises together. Starts at the given moment, default 2026-01-01. */
export const virtualTime = (startMs = Date.UTC(2026, 0, 1)): VirtualTime => {
  const scheduler = new VirtualTimeScheduler();
  scheduler.actions = timerHeap() as unknown as typeof scheduler.actions;
  // Undefined behind the last one, whatever the type says.
  const nextAt = (): number => (scheduler.actions[0] as { readonly delay: number } | undefined)?.delay ?? Number.POSITIVE_INFINITY;
  let steadyAheadMs = startMs;
  let skewMs = 0;
  scheduler.now = () => scheduler.frame + steadyAheadMs;
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn++) await setImmediate();
  };
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
    wallNow: () => scheduler.now() + skewMs,
    restart: () => {
      steadyAheadMs += skewMs;
      skewMs = 0;
    },
    jump: (ms) => {
      skewMs = Math.max(skewMs + ms, -scheduler.now());
    },
  };
};
