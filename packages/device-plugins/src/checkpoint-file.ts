import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeError } from '@solo-kubelet/diagnostics';
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from './core/checkpoint.js';
import { DevicePluginError } from './device-plugin-error.js';

export interface CheckpointFile {
  /** Undefined when there is none. Throws when it can't be read or understood. */
  read(): Promise<Checkpoint | undefined>;
  /** Returns when what is given last, now or meanwhile, is on disk. */
  write(checkpoint: Checkpoint): Promise<void>;
}

/** A checkpoint on disk, replaced as a whole; written only when it says something else than before. */
export const checkpointFile = (path: string): CheckpointFile => {
  let onDisk: string | undefined;
  let wanted = '';
  let writing: Promise<void> | undefined;

  const writeAll = async (): Promise<void> => {
    while (wanted !== onDisk) {
      const text = wanted;
      const temporary = join(dirname(path), '.kubelet_internal_checkpoint.new');
      await writeFile(temporary, text, { mode: 0o600 });
      await rename(temporary, path);
      onDisk = text;
    }
  };

  return {
    async read() {
      try {
        const text = await readFile(path, 'utf8');
        const checkpoint = parseCheckpoint(text);
        onDisk = text;
        return checkpoint;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw new DevicePluginError({
          code: 'DEVICE_PLUGIN_CHECKPOINT',
          cause: error,
          message: `cannot read ${path}: ${describeError(error)}`,
        });
      }
    },
    async write(checkpoint) {
      wanted = formatCheckpoint(checkpoint);
      if (onDisk === undefined && checkpoint.book.length === 0 && checkpoint.registered.size === 0) return;
      try {
        while (wanted !== onDisk) {
          writing ??= writeAll().finally(() => {
            writing = undefined;
          });
          await writing;
        }
      } catch (error) {
        throw new DevicePluginError({
          code: 'DEVICE_PLUGIN_CHECKPOINT',
          cause: error,
          retryable: true,
          message: `cannot write ${path}: ${describeError(error)}`,
        });
      }
    },
  };
};
