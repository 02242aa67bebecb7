import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

export interface DiskUsage {
  readonly usedBytes: number;
  readonly inodesUsed: number;
}

const BLOCK_BYTES = 512;
/** Entries looked at before the walk gives up: a broken volume must not keep the kubelet busy. */
const MAX_ENTRIES = 200_000;

/** What a tree occupies, as `du` counts: blocks, hard links once, one file system, links not followed. Nothing there is nothing used. */
export const diskUsage = async (path: string, signal: AbortSignal): Promise<DiskUsage> => {
  const root = await lstat(path).catch(() => undefined);
  if (!root) return { usedBytes: 0, inodesUsed: 0 };
  const seen = new Set<number>();
  let usedBytes = 0;
  const visit = async (at: string): Promise<void> => {
    const found = await lstat(at).catch(() => undefined);
    if (!found || found.dev !== root.dev || seen.has(found.ino) || seen.size >= MAX_ENTRIES || signal.aborted) return;
    seen.add(found.ino);
    usedBytes += found.blocks * BLOCK_BYTES;
    if (!found.isDirectory()) return;
    const directory = await opendir(at).catch(() => undefined);
    if (!directory) return;
    for await (const entry of directory) await visit(join(at, entry.name));
  };
  await visit(path);
  return { usedBytes, inodesUsed: seen.size };
};
