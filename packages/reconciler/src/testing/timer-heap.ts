import type { VirtualTimeScheduler } from 'rxjs';

type Timer = VirtualTimeScheduler['actions'][number];

/** A timer that is ended forgets when it was due. */
interface Entry {
  readonly dueMs: number;
  readonly order: number;
  readonly timer: Timer;
}

const isBefore = (a: Entry, b: Entry): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);

/** Not worth tidying. */
const FEW = 64;

/** What rxjs uses of the list of its actions. */
export type TimerList = Pick<Timer[], 0 | 'push' | 'shift' | 'sort' | 'indexOf' | 'length'>;

/**
 * Stands for the list in which rxjs' VirtualTimeScheduler keeps its actions, which it sorts whenever one is new and searches whenever one is ended. Here
 * either costs the logarithm of their number at most, so that 20,000 Pods can have timers of their own.
 */
export const timerHeap = (): TimerList => {
  let entries: Entry[] = [];
  /** Length from which on timers that were ended are worth looking for. */
  let crowded = FEW;

  const swap = (a: number, b: number): void => {
    [entries[a], entries[b]] = [entries[b]!, entries[a]!];
  };
  const rise = (from: number): void => {
    for (let at = from; at > 0; ) {
      const above = (at - 1) >> 1;
      if (!isBefore(entries[at]!, entries[above]!)) return;
      swap(at, above);
      at = above;
    }
  };
  const sink = (from: number): void => {
    for (let at = from; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < entries.length && isBefore(entries[left]!, entries[least]!)) least = left;
      if (right < entries.length && isBefore(entries[right]!, entries[least]!)) least = right;
      if (least === at) return;
      swap(at, least);
      at = least;
    }
  };
  const dropEnded = (): void => {
    entries = entries.filter(({ timer }) => !timer.closed);
    for (let at = (entries.length >> 1) - 1; at >= 0; at -= 1) sink(at);
    crowded = Math.max(FEW, entries.length * 2);
  };
  const takeFirst = (): Timer | undefined => {
    const first = entries[0]?.timer;
    const last = entries.pop();
    if (last !== undefined && entries.length > 0) {
      entries[0] = last;
      sink(0);
    }
    return first;
  };

  return {
    /** The first that was not ended. */
    get 0(): Timer {
      while (entries[0]?.timer.closed === true) takeFirst();
      return entries[0]?.timer as Timer;
    },
    get length(): number {
      return entries.length;
    },
    push: (...timers) => {
      for (const timer of timers) {
        entries.push({ dueMs: timer.delay, order: (timer as unknown as { readonly index: number }).index, timer });
        rise(entries.length - 1);
      }
      if (entries.length > crowded) dropEnded();
      return entries.length;
    },
    shift: takeFirst,
    /** Whoever is first is there already. */
    sort(): Timer[] {
      return this as unknown as Timer[];
    },
    /** rxjs asks for the place of one that it ends; such are passed over when their time comes. */
    indexOf: () => -1,
  };
};
