import { chmod, lchown, lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface FsGroupRequest {
  readonly directory: string;
  readonly fsGroup: number;
  readonly readOnly: boolean;
  /** OnRootMismatch leaves the tree alone when its root already fits. Default Always. */
  readonly changePolicy?: 'Always' | 'OnRootMismatch';
  readonly signal?: AbortSignal | undefined;
}

const SETGID = 0o2000;

/**
 * Gives a volume to a group: every entry gets the group, group read (and write) permission, and directories search permission and setgid.
 * The root comes last, so that OnRootMismatch repeats an interrupted walk. Entries that cannot be changed are returned, not thrown.
 * Upstream: pkg/volume/volume_linux.go.
 */
export const applyFsGroup = async (request: FsGroupRequest): Promise<readonly unknown[]> => {
  if (request.changePolicy === 'OnRootMismatch' && (await rootFits(request))) return [];
  const failures: unknown[] = [];
  await walk(request.directory, request, failures);
  return failures;
};

const rootFits = async ({ directory, fsGroup, readOnly }: FsGroupRequest): Promise<boolean> => {
  const { gid, mode } = await stat(directory);
  const needed = SETGID | (readOnly ? 0o550 : 0o770);
  return gid === fsGroup && (mode & needed) === needed;
};

const walk = async (path: string, request: FsGroupRequest, failures: unknown[]): Promise<void> => {
  request.signal?.throwIfAborted();
  const stats = await lstat(path);
  if (stats.isDirectory()) for (const name of await readdir(path)) await walk(join(path, name), request, failures);
  try {
    await lchown(path, stats.uid, request.fsGroup);
    if (stats.isSymbolicLink()) return;
    const group = request.readOnly ? 0o440 : 0o660;
    await chmod(path, (stats.mode & 0o7777) | group | (stats.isDirectory() ? 0o110 | SETGID : 0));
  } catch (error) {
    failures.push(error);
  }
};
