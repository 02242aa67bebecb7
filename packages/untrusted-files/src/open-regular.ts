import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { checkDuration, longTimeout } from '@solo-kubelet/timers';
import { handlePath, O_PATH } from './handle-paths.js';

export interface OpenRegularOptions {
  /** Whether a symbolic link at the end of the path counts as what it leads to. Default false: a link is refused with ELOOP. */
  readonly followLinks?: boolean;
  /** Longest wait for the file system, ms. Default 10 s. A file server that does not answer holds up one thread, never the caller. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_TIMEOUT_MS = 10_000;
/** Paths whose open still hangs in the kernel: another attempt would only take another thread. */
const hanging = new Set<string>();

/**
 * Opens a file for reading if it is a regular file; for a FIFO, a socket, a device or a directory it throws an error of code `EFTYPE`, for a
 * link `ELOOP`. Nothing is opened before that is known, and what was looked at is what is opened: a FIFO blocks nobody, a device is not touched,
 * and a name that is swapped meanwhile leads nowhere.
 */
export const openRegular = (path: string, options: OpenRegularOptions = {}): Promise<FileHandle> => {
  const { followLinks = false, signal } = options;
  const timeoutMs = checkDuration('timeoutMs', options.timeoutMs, DEFAULT_TIMEOUT_MS);
  if (hanging.has(path)) return Promise.reject(fileError('ETIMEDOUT', path, 'an earlier attempt to open it still hangs'));
  if (signal?.aborted) return Promise.reject(signal.reason);
  const opening = openChecked(path, followLinks);
  return new Promise((resolve, reject) => {
    const giveUp = (reason: unknown): void => {
      settle();
      hanging.add(path);
      opening
        .then(
          (late) => late.close(),
          () => undefined,
        )
        .finally(() => hanging.delete(path));
      reject(reason);
    };
    const onAbort = (): void => giveUp(signal?.reason);
    const endTimer = longTimeout(() => giveUp(fileError('ETIMEDOUT', path, `it could not be opened within ${timeoutMs} ms`)), timeoutMs);
    const settle = (): void => {
      endTimer();
      signal?.removeEventListener('abort', onAbort);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    opening.finally(settle).then(resolve, reject);
  });
};

/** What a file is, when it is no regular file; undefined for one that is. */
export const irregularKind = (stats: Stats): string | undefined => {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  return 'a device';
};

const openChecked = async (path: string, followLinks: boolean): Promise<FileHandle> => {
  const named = await open(path, O_PATH | (followLinks ? 0 : constants.O_NOFOLLOW));
  try {
    const kind = irregularKind(await named.stat());
    if (kind === 'a symbolic link') throw fileError('ELOOP', path, 'it is a symbolic link, not a regular file');
    if (kind !== undefined) throw fileError('EFTYPE', path, `it is ${kind}, not a regular file`);
    return await open(handlePath(named), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } finally {
    await named.close();
  }
};

const fileError = (code: string, path: string, why: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`cannot read ${path}: ${why}`), { code, path });
