/** Runs tasks that share a key one after the other, in the order in which they came; others side by side. */
export const createKeyedQueue = () => {
  const tails = new Map<string, Promise<unknown>>();
  return async <T>(keys: readonly string[], task: () => Promise<T>): Promise<T> => {
    const before = keys.map((key) => tails.get(key));
    const done = Promise.allSettled(before).then(task);
    const settled = done.catch(() => {});
    for (const key of keys) tails.set(key, settled);
    try {
      return await done;
    } finally {
      for (const key of keys) if (tails.get(key) === settled) tails.delete(key);
    }
  };
};
