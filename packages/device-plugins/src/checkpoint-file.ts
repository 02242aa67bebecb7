import { describeError, type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { type FileLayer, readState, writeDurably } from '@solo-kubelet/state-files';
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from './core/checkpoint.js';
import { DevicePluginError } from './device-plugin-error.js';

export interface CheckpointFile {
  /** Undefined when there is none, or none that can be used: that one is set aside as `NAME.broken`, and who has which device is forgotten. */
  read(): Promise<Checkpoint | undefined>;
  /** Returns when what is given last, now or meanwhile, is on disk. */
  write(checkpoint: Checkpoint): Promise<void>;
}

/** A checkpoint on disk, replaced as a whole; written only when it says something else than before. */
export const checkpointFile = (
  path: string,
  { logger = silentLogger, files }: { readonly logger?: Logger; readonly files?: FileLayer } = {},
): CheckpointFile => {
  const layer = files === undefined ? {} : { files };
  let onDisk: string | undefined;
  let wanted = '';
  let writing: Promise<void> | undefined;

  const writeAll = async (): Promise<void> => {
    while (wanted !== onDisk) {
      const text = wanted;
      await writeDurably(path, text, layer);
      onDisk = text;
    }
  };

  return {
    read: () => {
      const decode = (text: string): Checkpoint => {
        const checkpoint = parseCheckpoint(text);
        onDisk = text;
        return checkpoint;
      };
      return readState(path, { decode, logger, ...layer });
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
