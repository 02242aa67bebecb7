import { chmod, chown, lstat, mkdtemp, readdir, readlink, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { readRegular } from '@solo-kubelet/untrusted-files';
import type { Payload } from '../core/object-payload.js';
import { makeDirectories } from '../make-directories.js';

export interface AtomicWriteOptions {
  readonly nowMs: number;
  /** Runs over the whole volume before its contents appear: the place for fsGroup. */
  readonly beforeSwitch?: (() => Promise<void>) | undefined;
}

const DATA_LINK = '..data';
const NEW_DATA_LINK = '..data_tmp';
/** `..` with a time and six characters of chance. */
const DATA_DIRECTORY = /^\.\.\d{4}(?:_\d\d){5}\.[A-Za-z0-9]{6}$/;

/**
 * Replaces the contents of a directory at one stroke, as seen through `..data`: readers see all of the old files or all of the new ones.
 * Only bytes are compared, not modes; nothing is written when they are equal. Upstream: pkg/volume/util/atomic_writer.go.
 * @returns whether anything was written.
 */
export const writeAtomically = async (directory: string, payload: Payload, options: AtomicWriteOptions): Promise<boolean> => {
  const files = new Map([...payload].map(([path, file]) => [checkedPath(path), file]));
  const oldName = await readlink(join(directory, DATA_LINK)).catch(() => undefined);
  const oldPaths = oldName === undefined ? [] : await filesBelow(join(directory, oldName));
  const changed = oldName === undefined || oldPaths.some((path) => !files.has(path)) || (await someDiffer(join(directory, oldName), files));
  if (changed) await switchData(directory, files, options);
  await linkTopLevel(directory, files);
  if (changed) await dropStaleLinks(directory, files, oldPaths);
  await dropOldData(directory);
  return changed;
};

const switchData = async (directory: string, files: Payload, { nowMs, beforeSwitch }: AtomicWriteOptions): Promise<void> => {
  const fresh = await mkdtemp(join(directory, `..${timestamp(nowMs)}.`));
  try {
    await chmod(fresh, 0o755);
    for (const [path, { data, mode, uid }] of files) {
      const target = join(fresh, path);
      await makeDirectories(dirname(target), 0o777);
      await writeFile(target, data, { mode });
      await chmod(target, mode);
      // The group is left to fsGroup.
      if (uid !== undefined) await chown(target, uid, (await lstat(target)).gid);
    }
    await beforeSwitch?.();
    await rm(join(directory, NEW_DATA_LINK), { force: true });
    await symlink(fresh.slice(directory.length).replace(/^\/+/, ''), join(directory, NEW_DATA_LINK));
    await rename(join(directory, NEW_DATA_LINK), join(directory, DATA_LINK));
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
};

const linkTopLevel = async (directory: string, files: Payload): Promise<void> => {
  for (const name of new Set([...files.keys()].map(firstElement))) {
    const present = await lstat(join(directory, name)).catch(() => undefined);
    if (present === undefined) await symlink(`${DATA_LINK}/${name}`, join(directory, name));
  }
};

const dropStaleLinks = async (directory: string, files: Payload, oldPaths: readonly string[]): Promise<void> => {
  const wanted = new Set([...files.keys()].map(firstElement));
  for (const name of new Set(oldPaths.map(firstElement))) if (!wanted.has(name)) await unlink(join(directory, name)).catch(() => undefined);
};

/** What is no longer shown, also where a process was killed before it could remove it: a secret does not outlive its replacement. */
const dropOldData = async (directory: string): Promise<void> => {
  const shown = await readlink(join(directory, DATA_LINK));
  const old = (await readdir(directory)).filter((name) => DATA_DIRECTORY.test(name) && name !== shown);
  await Promise.all(old.map((name) => rm(join(directory, name), { recursive: true, force: true })));
};

const someDiffer = async (directory: string, files: Payload): Promise<boolean> => {
  for (const [path, { data }] of files) {
    const present = await readRegular(join(directory, path), { maxBytes: data.byteLength }).catch(() => undefined);
    if (present === undefined || Buffer.compare(present, data) !== 0) return true;
  }
  return false;
};

const filesBelow = async (directory: string): Promise<readonly string[]> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
};

const firstElement = (path: string): string => path.split('/', 1)[0] ?? path;

const checkedPath = (path: string): string => {
  const elements = path.split('/');
  const bad =
    path === '' ||
    path.startsWith('/') ||
    path.length > 4096 ||
    elements.includes('..') ||
    elements[0]?.startsWith('..') ||
    elements.some((element) => Buffer.byteLength(element) > 255);
  if (bad) throw new Error(`invalid path "${path}" in a volume`);
  return normalize(path);
};

/** `YYYY_MM_DD_hh_mm_ss`, UTC. */
const timestamp = (nowMs: number): string => new Date(nowMs).toISOString().slice(0, 19).replace(/[-T:]/g, '_');
