import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { longInterval, onAbort } from '@solo-kubelet/timers';

export interface CollectOptions {
  readonly signal: AbortSignal;
  /** The process, as far as it is needed here. Default: this one. */
  readonly heap?: CollectableHeap;
}

export interface CollectableHeap {
  /** What V8 has taken for objects, bytes. */
  size(): number;
  /** The part of the time since it was asked last in which the thread was busy, 0 to 1. */
  busy(): number;
  /** Collects all garbage; the thread does nothing else meanwhile. */
  collect(): void;
}

/** How often it is looked at, ms. */
const LOOK_EVERY_MS = 10_000;
/** A thread that is busier than this has other things to do. */
const CALM = 0.1;
/** Less is not worth a collection, bytes. */
const WORTH_BYTES = 16 << 20;

/**
 * Gives back the memory that a busy time has left, once it is over: V8 collects garbage when there is need for room, and a kubelet at rest makes so
 * little of it that after a burst of Pods or a crowd of clients it would hold twice what it needs for hours. A collection stops the thread for some
 * tens of milliseconds: only where nothing goes on, and where the heap has grown since the last one.
 */
export const collectWhenCalm = ({ signal, heap = ownHeap() }: CollectOptions): void => {
  if (signal.aborted) return;
  let kept = 0;
  const look = (): void => {
    const size = heap.size();
    kept = Math.min(kept, size);
    if (heap.busy() > CALM || size - kept < WORTH_BYTES) return;
    heap.collect();
    kept = heap.size();
  };
  heap.busy(); // from now on
  const stop = longInterval(look, LOOK_EVERY_MS, { ref: false });
  onAbort(signal, stop);
};

const ownHeap = (): CollectableHeap => {
  let before: EventLoopUtilization = performance.eventLoopUtilization();
  return {
    size: () => getHeapStatistics().total_heap_size,
    busy: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    },
    collect: () => {
      // The function is only in contexts that are made while the flag is set.
      setFlagsFromString('--expose-gc');
      const collect: () => void = runInNewContext('gc');
      setFlagsFromString('--no-expose-gc');
      collect();
    },
  };
};
