import { longTimeout } from '@solo-kubelet/timers';

/** Time as the package knows it; tests bring their own. */
export interface Clock {
  /** Runs a task after so many ms; the result takes that back. */
  after(ms: number, task: () => void): () => void;
}

/** Timers that don't keep the process alive. */
export const systemClock: Clock = {
  after: (ms, task) => longTimeout(task, ms, { ref: false }),
};
