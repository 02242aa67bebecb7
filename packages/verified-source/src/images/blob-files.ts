import { constants } from 'node:fs';
import { type FileHandle, open, readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileLayer, nodeFiles } from '@solo-kubelet/state-files';

/** A file that grows. */
export interface GrowingFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Cuts it back to nothing. */
  empty(): Promise<void>;
  /** Returns once all that was written is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The operations on files that fetched images go through; a test puts a failing disk in their place. */
export interface BlobFiles extends Pick<FileLayer, 'makeDirectory' | 'rename' | 'syncDirectory' | 'remove' | 'read'> {
  /** The regular files of a directory with their sizes, bytes; none where there is no such directory. */
  list(directory: string): Promise<readonly { readonly name: string; readonly size: number }[]>;
  /** Opens a file at its end, new where there is none; a link is never followed. */
  append(path: string): Promise<GrowingFile>;
  /** What is in a file, in parts. */
  parts(path: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Bytes of the file system that a directory is on. */
  space(directory: string): Promise<{ readonly available: number; readonly capacity: number }>;
}

const PART_BYTES = 1 << 20;

/** The machine's own file system. */
export const nodeBlobFiles: BlobFiles = {
  ...nodeFiles,
  list: async (directory) => {
    const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const files: { name: string; size: number }[] = [];
    for (const name of names) {
      const found = await stat(join(directory, name)).catch(() => undefined);
      if (found?.isFile()) files.push({ name, size: found.size });
    }
    return files;
  },
  append: async (path) =>
    growing(await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW, 0o600)),
  parts: (path, signal) => partsOf(path, signal),
  space: async (directory) => {
    const { bavail, blocks, bsize } = await statfs(directory);
    return { available: bavail * bsize, capacity: blocks * bsize };
  },
};

const growing = (file: FileHandle): GrowingFile => ({
  write: async (bytes) => {
    for (let written = 0; written < bytes.length; ) written += (await file.write(bytes, written, bytes.length - written)).bytesWritten;
  },
  empty: () => file.truncate(0),
  sync: () => file.sync(),
  close: () => file.close(),
});

async function* partsOf(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead, buffer } = await file.read(Buffer.alloc(PART_BYTES), 0, PART_BYTES, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}
