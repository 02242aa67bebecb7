/** Keys in order, for lists that are read far more often than keys come and go. */
export interface SortedKeys {
  add(key: string): void;
  remove(key: string): void;
  withPrefix(prefix: string): readonly string[];
}

export const createSortedKeys = (): SortedKeys => {
  const keys: string[] = [];
  /** Where a key is or would be. */
  const indexOf = (key: string): number => {
    let [low, high] = [0, keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    add: (key) => {
      const at = indexOf(key);
      if (keys[at] !== key) keys.splice(at, 0, key);
    },
    remove: (key) => {
      const at = indexOf(key);
      if (keys[at] === key) keys.splice(at, 1);
    },
    withPrefix: (prefix) => {
      if (prefix === '') return keys;
      const from = indexOf(prefix);
      let to = from;
      while (to < keys.length && keys[to]!.startsWith(prefix)) to += 1;
      return keys.slice(from, to);
    },
  };
};
