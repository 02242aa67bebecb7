import { Observable, type Subscriber, type Subscription } from 'rxjs';

/**
 * Streams of single keys out of one, to which this listens once for as long as somebody listens to any of them. A value costs those whose keys `keysOf` gives,
 * and nobody else, however many there are; undefined: it is for everybody. Emits nothing of what was before.
 */
export const byKey = <T, Key>(source$: Observable<T>, keysOf: (value: T) => Iterable<Key> | undefined): ((key: Key) => Observable<T>) => {
  const listeners = new Map<Key, Set<Subscriber<T>>>();
  let listening: Subscription | undefined;
  const everybody = (): readonly Subscriber<T>[] => [...listeners.values()].flatMap((own) => [...own]);
  const leave = (key: Key, listener: Subscriber<T>): void => {
    const own = listeners.get(key);
    own?.delete(listener);
    if (own?.size === 0) listeners.delete(key);
    if (listeners.size > 0) return;
    listening?.unsubscribe();
    listening = undefined;
  };
  const listen = (): Subscription =>
    source$.subscribe({
      next: (value) => {
        // Whoever is told may leave, and have others come.
        for (const key of keysOf(value) ?? [...listeners.keys()])
          for (const listener of [...(listeners.get(key) ?? [])]) listener.next(value);
      },
      error: (error: unknown) => {
        for (const listener of everybody()) listener.error(error);
      },
      complete: () => {
        for (const listener of everybody()) listener.complete();
      },
    });
  return (key) =>
    new Observable((listener) => {
      const own = listeners.get(key) ?? new Set();
      listeners.set(key, own.add(listener));
      listener.add(() => leave(key, listener));
      listening ??= listen();
    });
};
