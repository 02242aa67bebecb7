import { constants } from 'node:fs';
import { link, lstat, mkdir, open, realpath, rm, symlink } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tar from 'tar-stream';
import { CliError } from '../cli-error.js';
import { type BytePath, bytePath, pathBytes, shownPath } from './byte-path.js';

export interface UnpackOptions {
  /** What all names in the archive begin with; undefined where they begin with `./`. */
  readonly prefix: BytePath | undefined;
  /** Where the prefix itself lands. */
  readonly target: BytePath;
  /** Told of what is left out. */
  readonly skipped: (what: string) => void;
}

/**
 * Writes an archive's entries at `target`. The archive comes from a container: nothing of it lands outside, through whatever links the archive or the
 * target holds, and no link that leads outside is made (docs/decisions/191). @throws CliError CLI_REFUSED
 */
export const unpackTree = async (archive: Readable, { prefix, target, skipped }: UnpackOptions): Promise<void> => {
  const parent = posix.dirname(target);
  await mkdir(pathBytes(parent), { recursive: true });
  const base = posix.join((await realpath(pathBytes(parent), 'buffer')).toString('latin1'), posix.basename(target));
  const directories = safeDirectories(base);
  // Nothing may be waited for between here and the loop: an entry that comes before somebody reads would be lost.
  const extract = tar.extract({ filenameEncoding: 'latin1' } as never);
  const done = pipeline(archive, extract);
  // Whoever reads the entries is told as well.
  done.catch(() => {});
  const files = new Set<string>();
  for await (const entry of extract) {
    const { name, linkname, type, mode } = bytesOf(entry.header);
    const relative = insidePath(name, prefix);
    if (relative === undefined) throw refused(`the archive holds a path outside: ${shownPath(name)}`);
    const path = relative === '' ? base : `${base}/${relative}`;
    if (type === 'directory') await directories.make(relative);
    else if (type === 'file' || type === 'contiguous-file') {
      await directories.make(parentOf(relative));
      await writeContent(path, entry, mode);
      files.add(relative);
      continue;
    } else if (type === 'symlink' && relative === '') {
      throw refused(`${shownPath(name)} is a link to ${shownPath(linkname)}; copy that instead`);
    } else if (type === 'symlink' && staysInside(relative, linkname)) {
      await directories.make(parentOf(relative));
      await replaceByLink(path, linkname);
    } else if (type === 'link' && files.has(insidePath(linkname, prefix) ?? '..')) {
      await directories.make(parentOf(relative));
      await removeFile(path);
      await link(pathBytes(`${base}/${insidePath(linkname, prefix)}`), pathBytes(path));
      files.add(relative);
    } else {
      const what = type === 'symlink' || type === 'link' ? `a link to ${shownPath(linkname)}, which is outside` : type;
      skipped(`${shownPath(name)}: ${what}`);
    }
    entry.resume();
  }
  await done;
};

const refused = (message: string): Error => new CliError({ code: 'CLI_REFUSED', message });

interface Header {
  readonly name: BytePath;
  readonly linkname: BytePath;
  readonly type: tar.Header['type'];
  readonly mode: number;
}

/** Names in the header itself were read as bytes; those of an extended header are UTF-8 by definition. */
const bytesOf = ({ name, linkname, type, mode, pax }: tar.Header): Header => {
  const extended = (pax ?? {}) as { readonly path?: string; readonly linkpath?: string };
  return {
    name: extended.path === undefined ? name : bytePath(name),
    linkname: extended.linkpath === undefined ? (linkname ?? '') : bytePath(linkname),
    type,
    mode: mode & 0o777,
  };
};

/** A name of the archive relative to the target; undefined when it is not below it. */
const insidePath = (name: BytePath, prefix: BytePath | undefined): BytePath | undefined => {
  const clean = posix.normalize(name).replace(/(?<!\/)\/+$/, '');
  const relative = prefix === undefined ? (clean === '.' ? '' : clean) : clean === prefix ? '' : afterPrefix(clean, `${prefix}/`);
  return relative === undefined || posix.isAbsolute(relative) || relative.split('/').includes('..') ? undefined : relative;
};

const afterPrefix = (text: string, prefix: string): string | undefined => (text.startsWith(prefix) ? text.slice(prefix.length) : undefined);

const parentOf = (relative: BytePath): BytePath | undefined => {
  if (relative === '') return undefined;
  return relative.includes('/') ? relative.slice(0, relative.lastIndexOf('/')) : '';
};

/** Whether a link at `relative` cannot lead outside, whatever it leads through: `..` only at its beginning, and not above the target. */
const staysInside = (relative: BytePath, linkname: BytePath): boolean => {
  if (linkname === '' || posix.isAbsolute(linkname)) return false;
  const parts = linkname.split('/').filter((part) => part !== '' && part !== '.');
  const up = parts.findIndex((part) => part !== '..');
  const ups = up < 0 ? parts.length : up;
  return !parts.slice(ups).includes('..') && ups < relative.split('/').length;
};

/** Makes directories below `base` one by one, and none through a link. */
const safeDirectories = (base: BytePath) => {
  const known = new Set<BytePath>();
  const makeOne = async (path: BytePath): Promise<void> => {
    if (known.has(path)) return;
    await mkdir(pathBytes(path)).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      const found = await lstat(pathBytes(path));
      if (found.isSymbolicLink()) throw refused(`${shownPath(path)} is a link, which may lead outside; remove it first`);
      if (!found.isDirectory()) throw refused(`${shownPath(path)} is in the way: it is not a directory`);
    });
    known.add(path);
  };
  return {
    /** Undefined: what is copied lands at the base itself, whose parent is there. */
    make: async (relative: BytePath | undefined): Promise<void> => {
      if (relative === undefined) return;
      await makeOne(base);
      let path = base;
      for (const part of relative === '' ? [] : relative.split('/')) {
        path = `${path}/${part}`;
        await makeOne(path);
      }
    },
  };
};

const writeContent = async (path: BytePath, content: AsyncIterable<unknown>, mode: number): Promise<void> => {
  const found = await lstat(pathBytes(path)).catch(() => undefined);
  if (found?.isSymbolicLink()) throw refused(`${shownPath(path)} is a link; remove it first`);
  if (found && !found.isFile()) throw refused(`${shownPath(path)} is in the way: it is not a file`);
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants;
  await using file = await open(pathBytes(path), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, mode);
  for await (const chunk of content) await file.writeFile(chunk as Uint8Array);
};

const removeFile = async (path: BytePath): Promise<void> => {
  const found = await lstat(pathBytes(path)).catch(() => undefined);
  if (found?.isDirectory()) throw refused(`${shownPath(path)} is in the way: it is a directory`);
  if (found) await rm(pathBytes(path));
};

const replaceByLink = async (path: BytePath, linkname: BytePath): Promise<void> => {
  await removeFile(path);
  await symlink(pathBytes(linkname), pathBytes(path));
};
