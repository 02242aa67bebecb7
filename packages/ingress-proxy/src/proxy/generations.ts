import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Deletes the files of all generations of a configuration but some. */
export const removeOtherGenerations = async (kept: readonly number[], directory: string): Promise<void> => {
  const keptNames = kept.map((each) => `generation-${each}`);
  const others = (await readdir(directory)).filter((name) => name.startsWith('generation-') && !keptNames.includes(name));
  await Promise.all(others.map((name) => rm(join(directory, name), { recursive: true, force: true })));
};

/** Deletes the files of one that is not to be served, keys among them. */
export const removeGeneration = (generation: number, directory: string): Promise<void> =>
  rm(join(directory, `generation-${generation}`), { recursive: true, force: true });
