import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Deletes the files of all generations of a configuration but one. */
export const removeOtherGenerations = async (kept: number, directory: string): Promise<void> => {
  const others = (await readdir(directory)).filter((name) => name.startsWith('generation-') && name !== `generation-${kept}`);
  await Promise.all(others.map((name) => rm(join(directory, name), { recursive: true, force: true })));
};
