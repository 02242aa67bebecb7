import { constants, type FileHandle, open, realpath } from 'node:fs/promises';
import { sep } from 'node:path';

/** Linux's O_PATH: a handle that only names a file, without opening it. Node has no constant for it. */
const O_PATH = 0o10000000;
const NAME_ONLY = O_PATH | constants.O_NOFOLLOW;

/** The path of a name inside an open directory: what openat(2) takes as two arguments. */
export const inside = (directory: FileHandle, name: string): string => `/proc/self/fd/${directory.fd}/${name}`;

/** Thrown when a walk meets a symbolic link. */
export class SymlinkMet extends Error {}

/**
 * Opens a file below a directory element by element, each time relative to the directory held open and without following a link, so that
 * nobody can lead the walk elsewhere by swapping a name. The handle only names the file (O_PATH).
 * `root` itself must not be under the control of a container.
 */
export const openBeneath = async (root: string, elements: readonly string[]): Promise<FileHandle> => {
  let current = await open(root, NAME_ONLY);
  try {
    for (const element of elements) {
      const next = await open(inside(current, element), NAME_ONLY);
      await current.close();
      current = next;
      if ((await current.stat()).isSymbolicLink()) throw new SymlinkMet(`${element} is a symbolic link`);
    }
    return current;
  } catch (error) {
    await current.close();
    throw error;
  }
};

/** Opens a file below a directory, following links as long as they stay inside. Both paths are absolute; `root` must be resolved. */
export const openResolved = async (root: string, path: string): Promise<FileHandle> => {
  const elements = elementsBelow(root, await realpath(path));
  if (elements === undefined) throw new Error('leads outside of the volume');
  return openBeneath(root, elements);
};

/** The elements of `path` below `root`, or undefined when it lies elsewhere. Both are absolute and resolved. */
export const elementsBelow = (root: string, path: string): readonly string[] | undefined => {
  if (path === root) return [];
  const prefix = root === sep ? sep : root + sep;
  return path.startsWith(prefix) ? path.slice(prefix.length).split(sep) : undefined;
};
