import { ApiError } from '@solo-kubelet/api-server';

/** Dry runs of one user, and of all, that may wait for their turn. */
const MOST_OF_A_USER = 16;
const MOST = 256;

/**
 * Takes turns: one dry run at a time, so that an admission plugin has time for what comes to run, and user by user, so that nobody waits for all that somebody
 * else asks.
 */
export interface RehearsalTurns {
  /** @throws (rejects) ApiError 429 where too many wait */
  take<T>(user: string, rehearse: () => Promise<T>): Promise<T>;
}

const BUSY = new ApiError({
  code: 429,
  reason: 'TooManyRequests',
  message: 'too many dry runs wait for their turn, please try again later',
  headers: { 'Retry-After': '1' },
});

export const createRehearsalTurns = (): RehearsalTurns => {
  /** By user, in the order of whose turn is next. */
  const waiting = new Map<string, (() => Promise<void>)[]>();
  let count = 0;
  let isRunning = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    for (;;) {
      const [next] = waiting;
      if (next === undefined) break;
      const [user, queue] = next;
      const work = queue.shift();
      waiting.delete(user);
      if (queue.length > 0) waiting.set(user, queue);
      count -= 1;
      await work?.();
    }
    isRunning = false;
  };
  return {
    take: (user, rehearse) => {
      const queue = waiting.get(user) ?? [];
      if (queue.length >= MOST_OF_A_USER || count >= MOST) return Promise.reject(BUSY);
      return new Promise((resolve, reject) => {
        queue.push(() => rehearse().then(resolve, reject));
        waiting.set(user, queue);
        count += 1;
        if (!isRunning) void run();
      });
    },
  };
};
