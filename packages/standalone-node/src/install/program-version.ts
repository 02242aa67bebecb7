import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface ProgramVersions {
  readonly productVersion: string;
  readonly nodeVersion: string;
}

/**
 * Changes with the program: its version, that of Node.js, and a digest of the program's files. It stands in the unit, so that a unit that is as it was
 * belongs to a program that is as it was.
 */
export const programVersion = async (program: string, { productVersion, nodeVersion }: ProgramVersions): Promise<string> => {
  const directory = dirname(program);
  const hash = createHash('sha256');
  for (const name of (await readdir(directory)).filter((entry) => /\.[cm]?js$/.test(entry)).toSorted()) {
    hash.update(`${name}\n`).update(await readFile(join(directory, name)));
  }
  return `${productVersion}, Node.js ${nodeVersion}, ${hash.digest('hex').slice(0, 16)}`;
};
