import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a directory and those above it. Fails in the kernel's own words: Node's recursive mkdir says ENOENT even of a full disk. */
export const makeDirectories = async (path: string, mode: number): Promise<void> => {
  const make = (): Promise<void> => mkdir(path, { mode }).catch((error: NodeJS.ErrnoException) => unlessDirectory(path, error));
  try {
    await make();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectories(dirname(path), mode);
    await make();
  }
};

const unlessDirectory = async (path: string, error: NodeJS.ErrnoException): Promise<void> => {
  if (error.code !== 'EEXIST' || !(await stat(path).catch(() => undefined))?.isDirectory()) throw error;
};
