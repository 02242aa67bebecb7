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
  const draft = join(directory, `.${basename(path)}.new`);
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
  }
  await files.syncDirectory(directory);
};
