import { constants, type FileHandle, open, readdir, readFile, rename, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

const OPEN_DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Deeper directories are first moved to the top, so that the walk needs few open files whatever a container made. */
const MAX_DEPTH = 64;

/**
 * Deletes a directory and all in it, following no link and entering no other mount, not even a bind mount of the same file system: whatever is
 * mounted below (and then the directories above it) stays, and the call throws. A directory that does not exist is fine.
 */
export const removeTree = async (directory: string, signal?: AbortSignal): Promise<void> => {
  const parent = await openDirectory(dirname(directory));
  if (parent === undefined) return;
  try {
    const name = Buffer.from(basename(directory));
    const root = await openDirectory(childPath(parent, name));
    if (root === undefined) return;
    try {
      if ((await mountId(root)) !== (await mountId(parent))) throw new Error(`${directory} is a mount point`);
      await emptyDirectory({ root, mount: await mountId(root), signal, moved: { count: 0 } }, root, 0);
    } finally {
      await root.close();
    }
    await rmdir(childPath(parent, name));
  } finally {
    await parent.close();
  }
};

interface Walk {
  readonly root: FileHandle;
  readonly mount: string;
  readonly signal: AbortSignal | undefined;
  readonly moved: { count: number };
}

const emptyDirectory = async (walk: Walk, directory: FileHandle, depth: number): Promise<void> => {
  for (let names = await list(directory); names.length > 0; names = depth === 0 ? await list(directory) : []) {
    for (const name of names) await removeEntry(walk, directory, name, depth);
  }
};

const removeEntry = async (walk: Walk, directory: FileHandle, name: Buffer, depth: number): Promise<void> => {
  walk.signal?.throwIfAborted();
  const path = childPath(directory, name);
  const child = await openDirectory(path);
  if (child === undefined) return unlink(path).catch(ignore('ENOENT'));
  try {
    if ((await mountId(child)) !== walk.mount) throw new Error(`something is mounted on ${name.toString()}`);
    if (depth >= MAX_DEPTH) return await rename(path, childPath(walk.root, Buffer.from(`..moved-${walk.moved.count++}`)));
    await emptyDirectory(walk, child, depth + 1);
  } finally {
    await child.close();
  }
  await rmdir(path).catch(ignore('ENOENT'));
};

/** Names as bytes: a container may use any. */
const list = (directory: FileHandle): Promise<Buffer[]> => readdir(`/proc/self/fd/${directory.fd}`, { encoding: 'buffer' });

const childPath = (directory: FileHandle, name: Buffer): Buffer => Buffer.concat([Buffer.from(`/proc/self/fd/${directory.fd}/`), name]);

/** Undefined for what is no directory (a link to one included) or is not there. */
const openDirectory = (path: string | Buffer): Promise<FileHandle | undefined> =>
  open(path, OPEN_DIRECTORY).catch(ignore('ENOTDIR', 'ELOOP', 'ENOENT'));

/** The kernel's number of the mount that an open file lies on: differs also between two bind mounts of one file system. */
const mountId = async (handle: FileHandle): Promise<string> => {
  const info = await readFile(`/proc/self/fdinfo/${handle.fd}`, 'utf8');
  return /^mnt_id:\s*(\d+)$/m.exec(info)?.[1] ?? '';
};

const ignore =
  (...codes: readonly string[]) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
