/**
 * Keeps operations apart as spec section 3 asks: one at a time on a container, and a GC alone on its network. Covers the callers of one
 * process; programs that share a cache directory must agree among themselves.
 */
export interface NetworkLocks {
  /** Runs work on one container of one network. Waiting ends with the signal. */
  withContainer<T>(network: string, containerId: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Runs work while nothing else touches the network. */
  withNetwork<T>(network: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export const createNetworkLocks = (): NetworkLocks => {
  const networks = createLocks();
  const containers = createLocks();
  return {
    withContainer: (network, containerId, work, signal) =>
      networks.run(network, 'shared', () => containers.run(containerId, 'exclusive', work, signal), signal),
    withNetwork: (network, work, signal) => networks.run(network, 'exclusive', work, signal),
  };
};

type Mode = 'shared' | 'exclusive';
interface Turn {
  readonly mode: Mode;
  readonly start: () => void;
}
interface Lock {
  holders: number;
  exclusive: boolean;
  readonly queue: Turn[];
}

/** Readers-writer locks by key, first come first served. */
const createLocks = () => {
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

  const acquire = (key: string, mode: Mode, signal: AbortSignal | undefined): Promise<Lock> => {
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
          signal?.removeEventListener('abort', giveUp);
          resolve(lock);
        },
      };
      lock.queue.push(turn);
      signal?.addEventListener('abort', giveUp, { once: true });
      advance(key, lock);
    });
  };

  const run = async <T>(key: string, mode: Mode, work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
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
