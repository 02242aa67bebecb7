import { onAbort } from '../on-abort.js';

export type LockMode = 'shared' | 'exclusive';

/** Readers-writer locks by key, first come first served. */
export interface KeyedLocks {
  /** Runs work while holding the key. Waiting ends with the signal; work that has begun is the caller's. */
  run<T>(key: string, mode: LockMode, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

interface Turn {
  readonly mode: LockMode;
  readonly start: () => void;
}
interface Lock {
  holders: number;
  exclusive: boolean;
  readonly queue: Turn[];
}

export const createKeyedLocks = (): KeyedLocks => {
  const locks = new Map<string, Lock>();

  const advance = (key: string, lock: Lock): void => {
    for (let next = lock.queue[0]; next; next = lock.queue[0]) {
      if (lock.exclusive || (next.mode === 'exclusive' && lock.holders > 0)) return;
      lock.queue.shift();
      lock.holders += 1;
      lock.exclusive = next.mode === 'exclusive';
      next.start();
    }
    if (lock.holders === 0) locks.delete(key);
  };

  const acquire = (key: string, mode: LockMode, signal: AbortSignal | undefined): Promise<Lock> => {
    const lock = locks.get(key) ?? { holders: 0, exclusive: false, queue: [] };
    locks.set(key, lock);
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        lock.queue.splice(lock.queue.indexOf(turn), 1);
        advance(key, lock);
        reject(signal?.reason);
      };
      const turn: Turn = {
        mode,
        start: () => {
          release();
          resolve(lock);
        },
      };
      lock.queue.push(turn);
      const release = onAbort(signal, giveUp);
      advance(key, lock);
    });
  };

  const run = async <T>(key: string, mode: LockMode, work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    signal?.throwIfAborted();
    const lock = await acquire(key, mode, signal);
    try {
      return await work();
    } finally {
      lock.holders -= 1;
      lock.exclusive = false;
      advance(key, lock);
    }
  };

  return { run };
};
