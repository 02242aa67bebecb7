import type { Clock } from '../clock.js';

/** A clock that goes only when it is told to. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
}

export const manualClock = (): ManualClock => {
  const timers = new Set<{ readonly atMs: number; readonly task: () => void }>();
  let nowMs = 0;
  return {
    after: (ms, task) => {
      const timer = { atMs: nowMs + ms, task };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: (ms) => {
      nowMs += ms;
      for (const timer of [...timers].sort((a, b) => a.atMs - b.atMs)) {
        if (timer.atMs > nowMs || !timers.delete(timer)) continue;
        timer.task();
      }
    },
  };
};
