import type { Dirent } from 'node:fs';
import { type FileHandle, opendir } from 'node:fs/promises';
import { handlePath } from './handle-paths.js';

const BATCH = 64;

/** The names in an open directory, as strings of one character a byte (see childPath), 64 at a time: there may be millions. */
export async function* nameBatches(directory: FileHandle): AsyncGenerator<readonly string[]> {
  // As Buffers: where the file system does not tell the types, Node asks for them by name, and a name that is not UTF-8 would not be found.
  const entries = await opendir(handlePath(directory), { encoding: 'buffer' as BufferEncoding, bufferSize: BATCH });
  let names: string[] = [];
  for await (const { name } of entries as AsyncIterable<Dirent> as AsyncIterable<{ readonly name: unknown }>) {
    names.push((name as Buffer).toString('latin1'));
    if (names.length < BATCH) continue;
    yield names;
    names = [];
  }
  if (names.length > 0) yield names;
}
