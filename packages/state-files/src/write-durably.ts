import { basename, dirname, join } from 'node:path';
import { type FileLayer, nodeFiles } from './file-layer.js';

export interface WriteOptions {
  /** Permission bits of the file. Default 0o600. */
  readonly mode?: number;
  /** Permission bits of the directory where it has to be made. Default 0o700. */
  readonly directoryMode?: number;
  /** Default: the machine's own file system. */
  readonly files?: FileLayer;
}

const draftOf = (path: string): string => join(dirname(path), `.${basename(path)}.new`);

/** Drafts that this process is writing. */
const drafts = new Set<string>();

/**
 * Replaces a file in one step that survives a loss of power: write beside it, fsync, rename, fsync of the directory. Readers see the old or the
 * new content, never a mixture; a directory that is missing is made. Two writes of one path must not run at the same time.
 * @throws the error of the file system (ENOSPC, EROFS, …); then the old content is still there, or the new one if only the last fsync failed
 */
export const writeDurably = async (
  path: string,
  data: string | Uint8Array,
  { mode = 0o600, directoryMode = 0o700, files = nodeFiles }: WriteOptions = {},
): Promise<void> => {
  const directory = dirname(path);
  const draft = draftOf(path);
  drafts.add(draft);
  try {
    await files.writeSynced(draft, data, mode).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      await files.makeDirectory(directory, directoryMode);
      await files.writeSynced(draft, data, mode);
    });
    await files.rename(draft, path);
  } catch (error) {
    await files.remove(draft).catch(() => {});
    throw error;
  } finally {
    drafts.delete(draft);
  }
  await files.syncDirectory(directory);
};

/**
 * Removes what a process that was killed in the middle of `writeDurably` left of a write, where names in a directory come and go and nobody would write
 * that one again. One that cannot be removed stays until the next time. No other process may write there.
 * `names`: what is in the directory.
 */
export const removeDrafts = async (directory: string, names: readonly string[], files: FileLayer = nodeFiles): Promise<void> => {
  const left = names.filter((name) => /^\..+\.new$/.test(name)).map((name) => join(directory, name));
  await Promise.all(left.filter((path) => !drafts.has(path)).map((path) => files.remove(path).catch(() => {})));
};

/** Removes a file that `writeDurably` has written, and what a killed process may have left of a write of it. One that is not there is fine. */
export const removeDurable = async (path: string, files: FileLayer = nodeFiles): Promise<void> => {
  await files.remove(path);
  await files.remove(draftOf(path));
};
