import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK = 512;

export interface DiskUsage {
  readonly usedBytes: number;
  readonly usedInodes: number;
}

/**
 * What a directory takes on its file system: allocated blocks and inodes, each hard-linked file once, other file systems left out. Files that vanish
 * during the walk do not count.
 */
export const diskUsage = async (directory: string, signal?: AbortSignal): Promise<DiskUsage> => {
  const root = await lstat(directory);
  const seen = new Set<number>();
  const pending = [directory];
  let blocks = root.blocks;
  let inodes = 1;
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    signal?.throwIfAborted();
    const names = await readdir(current).catch(() => []);
    for (const name of names) {
      const stats = await lstat(join(current, name)).catch(() => undefined);
      if (stats === undefined || stats.dev !== root.dev || seen.has(stats.ino)) continue;
      if (stats.nlink > 1 && !stats.isDirectory()) seen.add(stats.ino);
      blocks += stats.blocks;
      inodes += 1;
      if (stats.isDirectory()) pending.push(join(current, name));
    }
  }
  return { usedBytes: blocks * BLOCK, usedInodes: inodes };
};
