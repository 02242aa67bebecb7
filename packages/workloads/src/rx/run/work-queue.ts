/** Entries that are being written at once; each holds a file open. */
const MAX_WRITES = 16;

export interface WorkQueue {
  /** The workload is to be looked after, at the next `drain`. */
  add(key: string): void;
  /** Adds it and drains. */
  touch(key: string): void;
  /** Does what is due, unless that is being done already. */
  drain(): void;
  /** Its entry is being written: it waits until `end`. */
  begin(key: string): void;
  end(key: string): void;
  /** Its document has only just changed: it waits until `release`. Whether it did not wait yet. */
  hold(key: string): boolean;
  release(key: string): void;
}

export interface WorkQueueOptions {
  /** Whether anything may be decided yet. */
  readonly isOpen: () => boolean;
  readonly sync: (key: string) => void;
}

/** Workloads of which something has changed, each of them once, one sync of each at a time. */
export const createWorkQueue = ({ isOpen, sync }: WorkQueueOptions): WorkQueue => {
  const dirty = new Set<string>();
  const busy = new Set<string>();
  const held = new Set<string>();
  let draining = false;

  const drain = (): void => {
    if (draining || !isOpen()) return;
    draining = true;
    for (const key of dirty) {
      if (busy.size >= MAX_WRITES) break;
      if (busy.has(key) || held.has(key)) continue;
      dirty.delete(key);
      sync(key);
    }
    draining = false;
  };
  const touch = (key: string): void => {
    dirty.add(key);
    drain();
  };
  return {
    add: (key) => void dirty.add(key),
    touch,
    drain,
    begin: (key) => void busy.add(key),
    end: (key) => void busy.delete(key),
    hold: (key) => {
      if (held.has(key)) return false;
      held.add(key);
      return true;
    },
    release: (key) => {
      held.delete(key);
      touch(key);
    },
  };
};
