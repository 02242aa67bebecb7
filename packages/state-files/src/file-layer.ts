import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';

/** The operations on files that state goes through; a test puts a failing disk in their place (`@solo-kubelet/state-files/testing`). */
export interface FileLayer {
  /** Makes a directory and its parents; one that is there already is fine. */
  makeDirectory(path: string, mode: number): Promise<void>;
  /** Writes a new file, replacing what lies there, and returns once its content is on the disk. */
  writeSynced(path: string, data: string | Uint8Array, mode: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Returns once the entries of a directory are on the disk. */
  syncDirectory(path: string): Promise<void>;
  /** Removes a file; one that is not there is fine. */
  remove(path: string): Promise<void>;
  /** At most `maxBytes` of a regular file; fails with EFBIG beyond that, and for anything that is no regular file. */
  read(path: string, maxBytes: number): Promise<Buffer>;
}

const openNew = (path: string, mode: number): Promise<FileHandle> =>
  open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode);

// unlink and not rm, which asks twice what it is that it removes.
const remove = (path: string): Promise<void> =>
  unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });

const syncOne = async (path: string): Promise<void> => {
  await using directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  await directory.sync().catch(ignoreUnsupported);
};

interface DirectorySyncs {
  readonly running: Promise<void>;
  /** Begins once the running one has ended: entries that came during that one may not be in it. */
  next?: Promise<void>;
}
const directorySyncs = new Map<string, DirectorySyncs>();

/** Thirty files that are written to one directory at once share two syncs of it, not thirty. */
const syncDirectoryOnce = (path: string): Promise<void> => {
  const known = directorySyncs.get(path);
  if (known === undefined) return startSync(path);
  known.next ??= known.running.catch(() => {}).then(() => startSync(path));
  return known.next;
};

const startSync = (path: string): Promise<void> => {
  const running = syncOne(path).finally(() => {
    if (directorySyncs.get(path)?.running === running && directorySyncs.get(path)?.next === undefined) directorySyncs.delete(path);
  });
  directorySyncs.set(path, { running });
  return running;
};

/** The machine's own file system. */
export const nodeFiles: FileLayer = {
  makeDirectory: async (path, mode) => void (await mkdir(path, { recursive: true, mode })),
  writeSynced: async (path, data, mode) => {
    // O_EXCL with the remains of an earlier try removed: a link that somebody put there is never written through.
    await using file = await openNew(path, mode).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      await remove(path);
      return await openNew(path, mode);
    });
    await file.writeFile(data);
    await file.sync();
  },
  rename: (from, to) => rename(from, to),
  syncDirectory: (path) => syncDirectoryOnce(path),
  remove,
  read: async (path, maxBytes) => {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    // Awaited here: the file is closed as soon as this function is left.
    return await readRegular(file, path, maxBytes);
  },
};

const readRegular = async (file: FileHandle, path: string, maxBytes: number): Promise<Buffer> => {
  const stats = await file.stat();
  if (!stats.isFile()) throw failure('EINVAL', `${path} is not a regular file`);
  if (stats.size > maxBytes) throw failure('EFBIG', `${path} has ${stats.size} bytes; at most ${maxBytes} are read`);
  return readFile(file);
};

const failure = (code: string, message: string): NodeJS.ErrnoException => Object.assign(new Error(message), { code });

/** Some file systems (network shares, FUSE) know no fsync of a directory. */
const ignoreUnsupported = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EINVAL' && error.code !== 'ENOTSUP') throw error;
};
