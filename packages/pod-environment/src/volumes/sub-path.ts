import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, realpath, stat } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { pid } from 'node:process';
import { describeError } from '@solo-kubelet/diagnostics';
import { mountAt } from '../core/mountinfo.js';
import { makeDirectories } from '../make-directories.js';
import type { Mounter } from '../mounts/mounter.js';
import { PodEnvironmentError } from '../pod-environment-error.js';
import { elementsBelow, inside, openBeneath, openResolved } from './open-beneath.js';
import { statUnlessStale } from './stale-mount.js';

export interface SubPathRequest {
  /** Directory of the volume on the host. */
  readonly volumePath: string;
  /** Relative, without `..`. */
  readonly subPath: string;
  /** Where to bind it: `<pod dir>/volume-subpaths/<volume>/<container>/<index>`. */
  readonly target: string;
  readonly volumeName: string;
  readonly containerName: string;
  readonly signal?: AbortSignal | undefined;
}

const OPEN_DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Binds `volume/subPath` to a place of our own that no container can move. Missing directories are made with the mode of the volume's root.
 * Links inside the volume count only while they stay inside. What is bound is the file held open, not its name, so swapping names meanwhile
 * leads nowhere. The message says little on purpose: its reader may be who tries the door.
 * Upstream: pkg/volume/util/subpath/subpath_linux.go.
 */
export const bindSubPath = async (mounter: Mounter, request: SubPathRequest): Promise<string> => {
  const refused = (cause: unknown): PodEnvironmentError =>
    new PodEnvironmentError({
      code: 'SUB_PATH_REFUSED',
      cause: new Error(describeError(cause)),
      message: `failed to prepare subPath for volumeMount "${request.volumeName}" of container "${request.containerName}"`,
      hint: 'A subPath must lie inside its volume, also after following links.',
    });
  const root = await realpath(request.volumePath).catch((error: unknown) => {
    throw refused(error);
  });
  const full = join(root, request.subPath);
  if (elementsBelow(root, normalize(full).replace(/\/$/, '') || sep) === undefined) throw refused(new Error('outside of the volume'));
  await makeMissingDirectories(root, full).catch((error: unknown) => {
    throw refused(error);
  });
  let handle: FileHandle;
  try {
    handle = await openResolved(root, full);
  } catch (error) {
    throw refused(error);
  }
  try {
    await bindHandle(mounter, handle, request);
  } finally {
    await handle.close();
  }
  return request.target;
};

/** Makes what is missing of `path` one element at a time, inside directories held open. */
const makeMissingDirectories = async (root: string, path: string): Promise<void> => {
  if (await exists(path)) return;
  const mode = (await stat(root)).mode & 0o7777;
  const missing: string[] = [];
  let existing = path;
  while (!(await exists(existing))) {
    missing.unshift(existing.slice(dirname(existing).length).replace(/^\//, ''));
    existing = dirname(existing);
  }
  const elements = elementsBelow(root, await realpath(existing));
  if (elements === undefined) throw new Error('leads outside of the volume');
  let parent = await openBeneath(root, elements);
  try {
    for (const name of missing) {
      await mkdir(inside(parent, name), mode & 0o777);
      const made = await open(inside(parent, name), OPEN_DIRECTORY);
      await made.chmod(mode);
      await parent.close();
      parent = made;
    }
  } finally {
    await parent.close();
  }
};

const exists = async (path: string): Promise<boolean> => {
  try {
    await stat(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw error;
  }
};

const bindHandle = async (mounter: Mounter, handle: FileHandle, { target, signal }: SubPathRequest): Promise<void> => {
  const wanted = await handle.stat();
  while (mountAt(await mounter.list(), target) !== undefined) {
    const present = await statUnlessStale(target);
    if (present?.dev === wanted.dev && present.ino === wanted.ino) return;
    await mounter.unmount(target, { signal });
  }
  await makeDirectories(dirname(target), 0o750);
  if (wanted.isDirectory()) await makeDirectories(target, 0o750);
  else await (await open(target, constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW, 0o640)).close();
  await mounter.mount({ source: `/proc/${pid}/fd/${handle.fd}`, target }, { signal });
};
