import { readFile, realpath, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';

const MAX_BYTES = 65_536;

/**
 * A file that an administrator has put there for probes: one inside `directory`, by its name there or by its whole path. Whoever writes a manifest may name
 * no other: what is read is sent to a host of his choice.
 */
export const readNodeFile = async (path: string, directory: string): Promise<Buffer> => {
  const [inside, file] = await Promise.all([realpath(directory), realpath(resolve(directory, path))]).catch((cause: unknown) => {
    throw new Error(`cannot read ${path}: there is no such file in ${directory}`, { cause });
  });
  if (!file.startsWith(join(inside, sep))) throw new Error(`cannot read ${path}: probes may read files in ${directory} alone`);
  const facts = await stat(file);
  if (!facts.isFile() || facts.size > MAX_BYTES)
    throw new Error(`cannot read ${path}: it is no regular file of at most ${MAX_BYTES} bytes`);
  return readFile(file);
};
