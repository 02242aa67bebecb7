import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * What a mount answers whose file system has gone away: a FUSE program that ended, a file server that lost the file or is down.
 * Upstream: IsCorruptedMnt in k8s.io/mount-utils.
 */
const STALE = ['ENOTCONN', 'ESTALE', 'EIO', 'EACCES', 'EHOSTDOWN'];

export const isStale = (error: unknown): boolean => STALE.includes((error as NodeJS.ErrnoException).code ?? '');

/** What is mounted at a path; undefined when it is a mount that has gone stale, which only unmounting and mounting anew can mend. */
export const statUnlessStale = (path: string): Promise<Stats | undefined> =>
  stat(path).catch((error: unknown) => {
    if (isStale(error)) return undefined;
    throw error;
  });
