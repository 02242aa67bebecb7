import { describeError, type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { type FileLayer, nodeFiles } from './file-layer.js';

export interface ReadStateOptions<State> {
  /** Turns the text into the state, and throws an error that says what is wrong with a text of another shape. */
  decode(text: string): State;
  /** Told once of a file that is set aside. Default: nobody. */
  readonly logger?: Logger;
  /** Size beyond which a file is not read, bytes. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Whether a disk that fails to read (EIO, EACCES, …) rejects, for state that must not be taken for absent. Default false. */
  readonly requireReadable?: boolean;
  /** Default: the machine's own file system. */
  readonly files?: FileLayer;
}

/** Too large, no regular file, a socket, a link in a circle: none of them becomes a state file by itself. */
const SENSELESS: ReadonlySet<string> = new Set(['EFBIG', 'EINVAL', 'ENXIO', 'ELOOP']);

const MAX_STATE_BYTES = 64 * 1024 * 1024;

/**
 * Reads a state file; undefined when there is none, or none that can be used. A file that can't be read or decoded is set aside as `NAME.broken`
 * with one log record, so that it neither stops a start nor is lost to whoever wants to see what was in it. Never rejects unless `requireReadable`.
 */
export const readState = async <State>(
  path: string,
  { decode, logger = silentLogger, maxBytes = MAX_STATE_BYTES, requireReadable = false, files = nodeFiles }: ReadStateOptions<State>,
): Promise<State | undefined> => {
  try {
    return decode((await files.read(path, maxBytes)).toString('utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    // A disk that fails to read may succeed the next time: only what was read and makes no sense is moved out of the way.
    const senseless = code === undefined || SENSELESS.has(code);
    if (!senseless && requireReadable) throw error;
    const moved = senseless ? await setAside(path, files) : undefined;
    logger.warn(
      { path, ...(moved === undefined ? {} : { movedTo: moved }), err: describeError(error) },
      'State file cannot be used; starting without it',
    );
    return undefined;
  }
};

/** Renames a file to `NAME.broken`; undefined where that fails, and where there is nothing to rename. */
const setAside = async (path: string, files: FileLayer): Promise<string | undefined> => {
  const target = `${path}.broken`;
  try {
    await files.rename(path, target);
    return target;
  } catch {
    return undefined;
  }
};
