import type { Stats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { childPath, OPEN_DIRECTORY } from './handle-paths.js';
import { nameBatches } from './name-batches.js';

export interface DiskUsage {
  readonly usedBytes: number;
  readonly inodesUsed: number;
  /** What could not be looked into and so is not counted; undefined when everything was. */
  readonly unread?: { readonly count: number; readonly first: unknown };
}

const BLOCK_BYTES = 512;
/** Directories held open on the way down; those above are closed and found again through `..`. */
const MAX_OPEN = 64;

/** A directory on the way from the root to where the walk is. */
interface Level {
  /** Undefined while it is closed. */
  handle: FileHandle | undefined;
  readonly dev: number;
  readonly ino: number;
  /** Directories in it that are still to be walked. */
  readonly left: string[];
}

/**
 * What a tree takes on its file system, as `du` counts: allocated blocks and inodes, each hard-linked file once, other file systems left out,
 * links not followed. It counts whatever a container can make: names of any bytes, any depth, any number of entries. Nothing there is nothing
 * used; what vanishes during the walk does not count; what cannot be looked into is told.
 */
export const diskUsage = async (path: string, signal?: AbortSignal): Promise<DiskUsage> => {
  signal?.throwIfAborted();
  const root = await lstat(path).catch(unlessGone);
  if (root === undefined) return { usedBytes: 0, inodesUsed: 0 };
  const seen = new Set<number>();
  let blocks = root.blocks;
  let inodes = 1;
  let unread = 0;
  let first: unknown;
  const fail = (error: unknown): undefined => {
    if (isGone(error)) return undefined;
    unread += 1;
    first ??= error;
    return undefined;
  };

  /** Counts what lies in a directory and gives the directories among it. */
  const count = async (handle: FileHandle): Promise<string[]> => {
    const directories: string[] = [];
    for await (const names of nameBatches(handle)) {
      signal?.throwIfAborted();
      const found = await Promise.all(names.map((name) => lstat(childPath(handle, name)).catch(fail)));
      found.forEach((stats, index) => {
        if (stats === undefined || stats.dev !== root.dev || seen.has(stats.ino)) return;
        if (stats.nlink > 1 && !stats.isDirectory()) seen.add(stats.ino);
        blocks += stats.blocks;
        inodes += 1;
        if (stats.isDirectory()) directories.push(names[index]!);
      });
    }
    return directories;
  };

  const way: Level[] = [];
  const enter = async (handle: FileHandle, { dev, ino }: Stats): Promise<void> => {
    const level: Level = { handle, dev, ino, left: [] };
    way.push(level);
    const above = way.at(-1 - MAX_OPEN);
    await above?.handle?.close();
    if (above) above.handle = undefined;
    level.left.push(
      ...(await count(handle).catch((error: unknown) => {
        signal?.throwIfAborted();
        fail(error);
        return [];
      })),
    );
  };
  /** Goes back to the directory above, which may have to be opened again. */
  const leave = async (): Promise<void> => {
    const { handle } = way.pop()!;
    const above = way.at(-1);
    try {
      if (above !== undefined && above.handle === undefined && above.left.length > 0) above.handle = await reopen(handle, above);
    } catch (error) {
      // Moved meanwhile: what was left of it cannot be found any more.
      unread += above?.left.splice(0).length ?? 0;
      first ??= error;
    }
    await handle?.close();
  };

  if (!root.isDirectory()) return { usedBytes: blocks * BLOCK_BYTES, inodesUsed: inodes };
  try {
    const top = await open(path, OPEN_DIRECTORY).catch(fail);
    if (top !== undefined) await enter(top, root);
    for (let level = way.at(-1); level !== undefined; level = way.at(-1)) {
      const name = level.left.pop();
      if (name === undefined || level.handle === undefined) {
        await leave();
        continue;
      }
      const child = await open(childPath(level.handle, name), OPEN_DIRECTORY).catch(fail);
      if (child === undefined) continue;
      const stats = await child.stat();
      if (stats.dev === root.dev) await enter(child, stats);
      else await child.close();
    }
  } finally {
    for (const { handle } of way) await handle?.close();
  }
  const usage = { usedBytes: blocks * BLOCK_BYTES, inodesUsed: inodes };
  return unread === 0 ? usage : { ...usage, unread: { count: unread, first } };
};

const reopen = async (below: FileHandle | undefined, { dev, ino }: Level): Promise<FileHandle> => {
  if (below === undefined) throw new Error('the directory below it was closed');
  const handle = await open(childPath(below, '..'), OPEN_DIRECTORY);
  const stats = await handle.stat();
  if (stats.dev === dev && stats.ino === ino) return handle;
  await handle.close();
  throw new Error('a directory was moved while it was being measured');
};

const GONE = ['ENOENT', 'ENOTDIR', 'ELOOP'];
const isGone = (error: unknown): boolean => GONE.includes((error as NodeJS.ErrnoException).code ?? '');
const unlessGone = (error: unknown): undefined => {
  if (!isGone(error)) throw error;
};
