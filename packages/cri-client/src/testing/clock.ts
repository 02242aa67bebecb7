import { longTimeout, onAbort } from '@solo-kubelet/timers';

/** The time a fake runtime lives by. */
export interface Clock {
  /** Unix time, ms. */
  now(): number;
  /** Calls back once after `ms`; the result cancels. */
  setTimeout(callback: () => void, ms: number): () => void;
}

export const realClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => longTimeout(callback, ms, { ref: false }),
};

export interface VirtualClock extends Clock {
  /** Lets time pass: runs what falls due, in order, and gives sockets and promises their turn between. */
  advance(ms: number): Promise<void>;
  /** How many callbacks wait. */
  readonly pending: number;
}

export interface VirtualClockOptions {
  /** Unix time at the start, ms. Default 2026-01-01T00:00:00Z. */
  readonly startMs?: number;
}

/** Turns of the event loop between two due callbacks: enough for a reply to cross a local socket and its continuation to run. */
const TURNS = 6;

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** Time that stands still until told to pass. */
export const createVirtualClock = ({ startMs = Date.UTC(2026, 0, 1) }: VirtualClockOptions = {}): VirtualClock => {
  let nowMs = startMs;
  const timers = new Set<{ readonly dueMs: number; readonly callback: () => void }>();
  return {
    now: () => nowMs,
    setTimeout: (callback, ms) => {
      const timer = { dueMs: nowMs + Math.max(0, ms), callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: async (ms) => {
      const untilMs = nowMs + ms;
      for (;;) {
        await settle();
        const next = [...timers].filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0];
        if (next === undefined) break;
        timers.delete(next);
        nowMs = next.dueMs;
        next.callback();
      }
      nowMs = untilMs;
      await settle();
    },
    get pending() {
      return timers.size;
    },
  };
};

/** Resolves after `ms`; rejects with the signal's reason if that comes first. */
export const waitFor = (clock: Clock, ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const cancel = clock.setTimeout(() => {
      release();
      resolve();
    }, ms);
    const release = onAbort(signal, () => {
      cancel();
      reject(signal?.reason);
    });
  });
