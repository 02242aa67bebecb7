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

/** Trees remembered as told of. Nobody says when one is gone for good; past this many, some are told of twice. */
const MAX_UNREAD_PATHS = 1_000;

/**
 * Counts a tree when somebody asks and it was not counted within the period; all who ask meanwhile share that walk. Upstream counts in the
 * background once a period (volumeStatsAggPeriod, 1 min); here a node that nobody asks pays nothing.
 */
export const createUsageCache = ({
  periodMs,
  now,
  signal,
  count = diskUsage,
  onUnread = () => {},
}: {
  readonly periodMs: number;
  readonly now: () => number;
  /** Ends walks under way. */
  readonly signal: AbortSignal;
  readonly count?: typeof diskUsage;
  /** Called when a tree cannot be counted as a whole any more; again only after it could be meanwhile. Default: nobody is told. */
  readonly onUnread?: (path: string, unread: NonNullable<DiskUsage['unread']>) => void;
}): UsageCache => {
  const entries = new Map<string, Entry>();
  const unreadPaths = new Set<string>();
  const waiting: (() => void)[] = [];
  let walks = 0;
  const walk = async (path: string): Promise<CountedUsage> => {
    if (walks < MAX_WALKS) walks += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      const { usedBytes, inodesUsed, unread } = await count(path, signal);
      if (unread === undefined) unreadPaths.delete(path);
      else if (!unreadPaths.has(path)) {
        if (unreadPaths.size >= MAX_UNREAD_PATHS) unreadPaths.clear();
        unreadPaths.add(path);
        onUnread(path, unread);
      }
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
