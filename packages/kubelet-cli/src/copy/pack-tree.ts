import { constants } from 'node:fs';
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { CliError } from '../cli-error.js';
import { type BytePath, pathBytes, shownPath } from './byte-path.js';
import { tarEnd, tarHeader, tarPadding } from './tar-header.js';

const CHUNK_BYTES = 1 << 18;

/** A file, a link or a tree as an archive whose names begin with `name`. What is none of these is told to `skipped`. */
export async function* packTree(path: BytePath, name: BytePath, skipped: (what: string) => void): AsyncGenerator<Buffer> {
  yield* packOne(path, name, skipped);
  yield tarEnd();
}

async function* packOne(path: BytePath, name: BytePath, skipped: (what: string) => void): AsyncGenerator<Buffer> {
  const found = await lstat(pathBytes(path));
  const facts = { name, mode: found.mode & 0o777, mtime: found.mtimeMs / 1_000, size: 0 };
  if (found.isSymbolicLink()) {
    const linkname = (await readlink(pathBytes(path), 'buffer')).toString('latin1');
    yield tarHeader({ ...facts, type: 'symlink', linkname });
  } else if (found.isDirectory()) {
    for (const entry of (await readdir(pathBytes(path), 'buffer')).map((bytes) => bytes.toString('latin1')).sort())
      yield* packOne(`${path}/${entry}`, `${name}/${entry}`, skipped);
    // After its content: a directory that may not be written to could not be filled otherwise.
    yield tarHeader({ ...facts, name: `${name}/`, type: 'directory' });
  } else if (found.isFile()) yield* packFile(path, facts);
  else skipped(`${shownPath(path)}: neither a file nor a directory nor a link`);
}

async function* packFile(
  path: BytePath,
  facts: { readonly name: BytePath; readonly mode: number; readonly mtime: number },
): AsyncGenerator<Buffer> {
  await using file = await open(pathBytes(path), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  const { size } = await file.stat();
  yield tarHeader({ ...facts, type: 'file', size });
  for (let position = 0; position < size; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size - position)), { position });
    if (bytesRead === 0) {
      throw new CliError({ code: 'CLI_REFUSED', message: `${shownPath(path)} became shorter while it was read`, hint: 'Copy it again.' });
    }
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
  yield tarPadding(size);
}
