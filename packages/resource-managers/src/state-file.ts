import { readFile } from 'node:fs/promises';
import { describeError } from '@solo-kubelet/diagnostics';
import { type FileLayer, writeDurably } from '@solo-kubelet/state-files';
import { ResourceManagersError } from './resource-managers-error.js';

/** Where a manager keeps what it has given. */
export interface StateFile {
  /** For messages. */
  readonly path: string;
  /** Undefined when there is none yet. */
  read(): Promise<string | undefined>;
  /** Replaces it in one step. */
  write(text: string): Promise<void>;
}

export const stateFile = (path: string, { files }: { readonly files?: FileLayer } = {}): StateFile => ({
  path,
  read: () =>
    readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    }),
  write: async (text) => {
    try {
      await writeDurably(path, text, files === undefined ? {} : { files });
    } catch (cause) {
      throw new ResourceManagersError({
        code: 'RESOURCES_STATE_UNWRITABLE',
        retryable: true,
        cause,
        message: `cannot write ${path}: ${describeError(cause)}`,
      });
    }
  },
});
