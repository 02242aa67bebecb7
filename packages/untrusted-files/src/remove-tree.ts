import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type FileHandle, open, rename, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { childPath, OPEN_DIRECTORY } from './handle-paths.js';
import { nameBatches } from './name-batches.js';

/** Deeper directories are first moved to the top, so that the walk needs few open files whatever a container made. */
const MAX_DEPTH = 32;
const SPARE_WORKERS = 7;

/**
 * Deletes a directory and all in it, following no link and entering no other mount, not even a bind mount of the same file system: whatever is
 * mounted below (and then the directories above it) stays, and the call throws. A directory that does not exist is fine, and so is what an
 * earlier call left when it was interrupted.
 */
export const removeTree = async (directory: string, signal?: AbortSignal): Promise<void> => {
  const parent = await openDirectory(Buffer.from(dirname(directory)));
  if (parent === undefined) return;
  try {
    const name = Buffer.from(basename(directory)).toString('latin1');
    const root = await openDirectory(childPath(parent, name));
    if (root === undefined) return;
    try {
      const mount = mountId(root);
      if (mount !== mountId(parent)) throw new Error(`${directory} is a mount point`);
      const walk: Walk = { root, mount, signal, spareWorkers: SPARE_WORKERS };
      // What lies too deep is moved to the top, where the next round meets it.
      while (await emptyDirectory(walk, root, 0));
    } finally {
      await root.close();
    }
    await rmdir(childPath(parent, name)).catch(ignore('ENOENT'));
  } finally {
    await parent.close();
  }
};

interface Walk {
  readonly root: FileHandle;
  readonly mount: string;
  readonly signal: AbortSignal | undefined;
  /** How many more directories may be emptied side by side. */
  spareWorkers: number;
}

/** Whether there was anything. */
const emptyDirectory = async (walk: Walk, directory: FileHandle, depth: number): Promise<boolean> => {
  let found = false;
  for await (const names of nameBatches(directory)) {
    walk.signal?.throwIfAborted();
    found = true;
    const full = (await Promise.all(names.map((name) => removeEntry(directory, name)))).filter((name) => name !== undefined);
    await sideBySide(walk, full, (name) => removeFullDirectory(walk, directory, name, depth));
  }
  return found;
};

/** Deletes a file or an empty directory; gives back the name of a directory that is not empty. */
const removeEntry = async (directory: FileHandle, name: string): Promise<string | undefined> => {
  const path = childPath(directory, name);
  try {
    // Most entries are files. POSIX says EPERM for a directory, Linux EISDIR.
    await unlink(path).catch((error: NodeJS.ErrnoException) => (error.code === 'EISDIR' ? rmdir(path) : Promise.reject(error)));
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return name;
    throw code === 'EBUSY' ? mountedOn(name) : error;
  }
};

const removeFullDirectory = async (walk: Walk, directory: FileHandle, name: string, depth: number): Promise<void> => {
  walk.signal?.throwIfAborted();
  const path = childPath(directory, name);
  const child = await openDirectory(path);
  if (child === undefined) return unlink(path).catch(ignore('ENOENT'));
  try {
    if (mountId(child) !== walk.mount) throw mountedOn(name);
    if (depth >= MAX_DEPTH) return await moveToTop(walk, path);
    await emptyDirectory(walk, child, depth + 1);
  } finally {
    await child.close();
  }
  await rmdir(path).catch(ignore('ENOENT'));
};

/** Works on several items at once as long as the whole walk has workers to spare; nothing still runs once it has ended, also when it fails. */
const sideBySide = async (walk: Walk, items: readonly string[], work: (item: string) => Promise<void>): Promise<void> => {
  const running: Promise<void>[] = [];
  try {
    for (const item of items) {
      if (walk.spareWorkers === 0) {
        await work(item);
        continue;
      }
      walk.spareWorkers -= 1;
      const done = work(item).finally(() => {
        walk.spareWorkers += 1;
      });
      done.catch(() => undefined);
      running.push(done);
    }
  } finally {
    await Promise.allSettled(running);
  }
  await Promise.all(running);
};

/** Under a name that nobody has: what an interrupted call has moved, or a container named so, is being deleted side by side. */
const moveToTop = ({ root }: Walk, path: Buffer): Promise<void> => rename(path, childPath(root, `..moved-${randomUUID()}`));

/** Undefined for what is no directory (a link to one included) or is not there. */
const openDirectory = (path: Buffer): Promise<FileHandle | undefined> =>
  open(path, OPEN_DIRECTORY).catch(ignore('ENOTDIR', 'ELOOP', 'ENOENT'));

/** The kernel's number of the mount that an open file lies on: differs also between two bind mounts of one file system. Read from memory, so at once. */
const mountId = (handle: FileHandle): string =>
  /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${handle.fd}`, 'utf8'))?.[1] ?? '';

const mountedOn = (name: string): Error =>
  Object.assign(new Error(`something is mounted on ${Buffer.from(name, 'latin1').toString()}`), { code: 'EBUSY' });

const ignore =
  (...codes: readonly string[]) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
