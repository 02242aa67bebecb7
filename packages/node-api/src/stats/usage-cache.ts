import { type DiskUsage, diskUsage } from '@solo-kubelet/untrusted-files';

/** What a tree occupies, and when that was counted. */
export type CountedUsage = Pick<DiskUsage, 'usedBytes' | 'inodesUsed'> & { readonly atMs: number };

/** What trees occupy, counted no more often than once a period. */
export interface UsageCache {
  usageOf(path: string): Promise<CountedUsage>;
}

interface Entry {
  readonly atMs: number;
  readonly usage: Promise<CountedUsage>;
}

/** How many trees are walked at once: the walks share four threads with all other files. */
const MAX_WALKS = 2;

/**
 * Counts a tree when somebody asks and it was not counted within the period; all who ask meanwhile share that walk. Upstream counts in the
 * background once a period (volumeStatsAggPeriod, 1 min); here a node that nobody asks pays nothing.
 */
export const createUsageCache = ({
  periodMs,
  now,
  signal,
  count = diskUsage,
}: {
  readonly periodMs: number;
  readonly now: () => number;
  /** Ends walks under way. */
  readonly signal: AbortSignal;
  readonly count?: typeof diskUsage;
}): UsageCache => {
  const entries = new Map<string, Entry>();
  const waiting: (() => void)[] = [];
  let walks = 0;
  const walk = async (path: string): Promise<CountedUsage> => {
    if (walks < MAX_WALKS) walks += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      const { usedBytes, inodesUsed } = await count(path, signal);
      return { usedBytes, inodesUsed, atMs: now() };
    } finally {
      // The place is handed on, or given up.
      const next = waiting.shift();
      if (next) next();
      else walks -= 1;
    }
  };
  return {
    usageOf: (path) => {
      const atMs = now();
      for (const [key, entry] of entries) {
        // A clock that was set back makes what is from the future as good as forgotten.
        if (atMs - entry.atMs >= periodMs || entry.atMs > atMs) entries.delete(key);
      }
      const known = entries.get(path);
      if (known) return known.usage;
      const usage = walk(path);
      entries.set(path, { atMs, usage });
      usage.catch(() => entries.delete(path));
      return usage;
    },
  };
};
