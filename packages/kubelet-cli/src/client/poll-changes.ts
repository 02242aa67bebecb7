import { delay } from '@solo-kubelet/timers';
import type { Abortable, WatchEvent } from './node-client.js';

export interface PollOptions<T> {
  list(options: Abortable): Promise<readonly T[]>;
  /** What stays the same of an object while it changes. */
  keyOf(object: T): string;
  readonly signal: AbortSignal;
  /** Default 1 s. */
  readonly intervalMs?: number;
}

/** Changes of a list that cannot be watched, found by asking again. Ends with the signal. */
export async function* pollChanges<T extends object>({
  list,
  keyOf,
  signal,
  intervalMs = 1_000,
}: PollOptions<T>): AsyncGenerator<WatchEvent<T>> {
  let before = new Map((await list({ signal })).map((object) => [keyOf(object), object]));
  while (!signal.aborted) {
    await delay(intervalMs, undefined, { signal });
    const now = new Map((await list({ signal })).map((object) => [keyOf(object), object]));
    for (const [key, object] of before) if (!now.has(key)) yield { type: 'DELETED', object };
    for (const [key, object] of now) {
      const earlier = before.get(key);
      if (earlier === undefined) yield { type: 'ADDED', object };
      else if (JSON.stringify(earlier) !== JSON.stringify(object)) yield { type: 'MODIFIED', object };
    }
    before = now;
  }
}
