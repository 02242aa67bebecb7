import { chmod, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { mountAt } from '../core/mountinfo.js';
import { makeDirectories } from '../make-directories.js';
import type { Mounter } from '../mounts/mounter.js';

export interface EmptyDirRequest {
  readonly directory: string;
  readonly readyMarker: string;
  /** Permission bits of the directory, up to 01777; undefined: 0777 on disk, and what the file system has in memory. */
  readonly mode?: number | undefined;
  /** What to mount there; undefined for plain disk. */
  readonly fileSystem?: { readonly fsType: 'tmpfs' | 'hugetlbfs'; readonly options: readonly string[] } | undefined;
  /** Gives the new directory to the pod's group. */
  readonly own?: (() => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes an empty directory with mode 0777 or the one asked for, on disk or on a file system in memory: what is mounted keeps its own mode, which is 1777
 * for tmpfs, unless one is asked for. The pod's group gets its own bits afterwards.
 * A marker file tells a complete one, so that the call after a kubelet restart leaves contents alone. Upstream: pkg/volume/emptydir/empty_dir.go.
 */
export const prepareEmptyDir = async (mounter: Mounter, request: EmptyDirRequest): Promise<void> => {
  const { directory, readyMarker, mode, fileSystem, own, signal } = request;
  if (await isComplete(mounter, request)) return;
  await rm(readyMarker, { force: true });
  await makeDirectories(directory, 0o750);
  if (((await stat(directory)).mode & 0o777) !== 0o777) await chmod(directory, 0o777);
  if (fileSystem !== undefined) await mountMemory(mounter, directory, fileSystem, signal);
  if (mode !== undefined) await chmod(directory, mode);
  await own?.();
  await makeDirectories(dirname(readyMarker), 0o750);
  await writeFile(readyMarker, '');
};

const isComplete = async (mounter: Mounter, { directory, readyMarker, fileSystem }: EmptyDirRequest): Promise<boolean> => {
  const [marker, present] = await Promise.all([stat(readyMarker).catch(() => undefined), stat(directory).catch(() => undefined)]);
  if (marker === undefined || present === undefined) return false;
  return fileSystem === undefined || mountAt(await mounter.list(), directory) !== undefined;
};

const mountMemory = async (
  mounter: Mounter,
  target: string,
  { fsType, options }: NonNullable<EmptyDirRequest['fileSystem']>,
  signal: AbortSignal | undefined,
): Promise<void> => {
  if (mountAt(await mounter.list(), target)?.fsType === fsType) return;
  const source = fsType === 'tmpfs' ? 'tmpfs' : 'nodev';
  if (fsType !== 'tmpfs') return mounter.mount({ source, target, fsType, options }, { signal });
  try {
    await mounter.mount({ source, target, fsType, options: [...options, 'noswap'] }, { signal });
  } catch {
    // Kernels before 6.4 do not know noswap; the second answer is the one that counts.
    await mounter.mount({ source, target, fsType, options }, { signal });
  }
};
