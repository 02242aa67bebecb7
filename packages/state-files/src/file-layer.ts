import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';

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

/** The machine's own file system. */
export const nodeFiles: FileLayer = {
  makeDirectory: async (path, mode) => void (await mkdir(path, { recursive: true, mode })),
  writeSynced: async (path, data, mode) => {
    // O_EXCL with the remains of an earlier try removed: a link that somebody put there is never written through.
    await rm(path, { force: true });
    await using file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode);
    await file.writeFile(data);
    await file.sync();
  },
  rename: (from, to) => rename(from, to),
  syncDirectory: async (path) => {
    await using directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    await directory.sync().catch(ignoreUnsupported);
  },
  remove: (path) => rm(path, { force: true }),
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
