import type { Watchable, WatchEvent } from '@solo-kubelet/node-api';
import { onAbort } from '@solo-kubelet/timers';
import { type Observable, tap } from 'rxjs';

/** A keyed list that follows a stream and can be watched by any number of clients. */
export interface LatestList<Value, T> extends Watchable<T> {
  /** Follows the stream while subscribed to, which the kubelet does once. */
  readonly run$: Observable<unknown>;
  /** What the stream said last. */
  readonly current: () => ReadonlyMap<string, Value>;
}

/** Changes a slow watcher may lag behind before it is cut off: it then lists anew, as with any watch. */
const MAX_PENDING = 10_000;

/** Keeps what a stream of maps says, as objects of the API; entries are compared by identity, so an unchanged one must stay itself. */
export const latestList = <Value, T extends object>(
  source$: Observable<ReadonlyMap<string, Value>>,
  toObject: (value: Value, key: string) => T,
): LatestList<Value, T> => {
  let current: ReadonlyMap<string, Value> = new Map();
  const watchers = new Set<(event: WatchEvent<T>) => void>();
  const tell = (next: ReadonlyMap<string, Value>): void => {
    for (const [key, value] of next) {
      const before = current.get(key);
      if (before === value) continue;
      const event: WatchEvent<T> = { type: before === undefined ? 'ADDED' : 'MODIFIED', object: toObject(value, key) };
      for (const watcher of watchers) watcher(event);
    }
    for (const [key, value] of current) {
      if (next.has(key)) continue;
      for (const watcher of watchers) watcher({ type: 'DELETED', object: toObject(value, key) });
    }
  };
  return {
    run$: source$.pipe(
      tap((next) => {
        if (watchers.size > 0) tell(next);
        current = next;
      }),
    ),
    current: () => current,
    list: () => [...current].map(([key, value]) => toObject(value, key)),
    watch: ({ signal }) => pushed(watchers, signal),
  };
};

/**
 * Registers at the call, not at the first read, so that nothing is missed between a list and its watch.
 */
const pushed = <T>(watchers: Set<(event: WatchEvent<T>) => void>, signal: AbortSignal): AsyncIterable<WatchEvent<T>> => {
  const queue: WatchEvent<T>[] = [];
  let overflowed = false;
  let wake = (): void => {};
  const watcher = (event: WatchEvent<T>): void => {
    if (queue.length >= MAX_PENDING) overflowed = true;
    else queue.push(event);
    wake();
  };
  const leave = (): void => {
    watchers.delete(watcher);
    wake();
  };
  watchers.add(watcher);
  const release = onAbort(signal, leave);
  return {
    async *[Symbol.asyncIterator]() {
      try {
        while (!signal.aborted && !overflowed) {
          const next = queue.shift();
          if (next) yield next;
          else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        release();
        leave();
      }
    },
  };
};
