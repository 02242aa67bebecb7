import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { type FileHandle, lstat, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeError } from '@solo-kubelet/diagnostics';
import { openRegular } from '@solo-kubelet/untrusted-files';
import type { ListedEntry, Listing } from './core/listing.js';
import { ignoredName } from './ignored-names.js';

/** Bytes beyond which a manifest is refused: 3 MiB, room for a ConfigMap of 1 MiB however it is written. Kubernetes reads 10 MiB (decision 200). */
export const MAX_MANIFEST_BYTES = 3 * 1024 * 1024;

/** Manifests that are open at once: thousands in one directory must not use up the process's descriptors. */
const READS_AT_ONCE = 16;

/** Reads a manifest directory or a single manifest once. Never rejects: what went wrong is part of the listing. */
export const readListing = async (path: string, now: () => number): Promise<Listing> => {
  let stats: Stats;
  try {
    stats = await stat(path);
  } catch (error) {
    if (!isMissing(error)) return failed(path, error, now());
    return { type: 'missing', atMs: now(), parentMissing: await isNoDirectory(dirname(path)) };
  }
  if (stats.isFile()) {
    const entry = await readEntry(path);
    return entry === undefined
      ? { type: 'missing', atMs: now(), parentMissing: false }
      : { type: 'listed', kind: 'file', entries: [entry], atMs: now() };
  }
  if (!stats.isDirectory()) return failed(path, new Error('it is neither a directory nor a file'), now());
  try {
    const names = await readdir(path, { encoding: 'buffer' });
    const entries = await inTurn(names.sort(Buffer.compare), (name) => readNamed(path, name));
    const directoryId = `${stats.dev}:${stats.ino}`;
    return { type: 'listed', kind: 'directory', directoryId, entries: entries.filter((entry) => entry !== undefined), atMs: now() };
  } catch (error) {
    return isMissing(error) ? { type: 'missing', atMs: now(), parentMissing: false } : failed(path, error, now());
  }
};

/** An entry of a directory, which is read unless its name says that it is no manifest. */
const readNamed = async (directory: string, bytes: Buffer): Promise<ListedEntry | undefined> => {
  const name = bytes.toString();
  const path = join(directory, name);
  if (!Buffer.from(name).equals(bytes)) return { path, content: { type: 'ignored', reason: 'its name is not UTF-8: rename it' } };
  const reason = ignoredName(name);
  return reason === undefined ? readEntry(path) : { path, content: { type: 'ignored', reason } };
};

/** Maps in order, a bounded number at once. */
const inTurn = async <In, Out>(items: readonly In[], each: (item: In) => Promise<Out>): Promise<readonly Out[]> => {
  const results = new Array<Out>(items.length);
  const rest = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of rest) results[index] = await each(item);
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, work));
  return results;
};

/** One entry as it is now; undefined when it vanished since it was listed. */
const readEntry = async (path: string): Promise<ListedEntry | undefined> => {
  let file: FileHandle | undefined;
  try {
    const kind = kindOf(await stat(path));
    if (kind !== undefined) return { path, content: { type: 'ignored', reason: kind } };
    // Something else may have been put in the file's place since.
    file = await openRegular(path, { followLinks: true });
    const stats = await file.stat();
    if (stats.size > MAX_MANIFEST_BYTES) return unreadable(path, tooLarge(`${stats.size} bytes`));
    const text = await readAtMost(file, stats.size, MAX_MANIFEST_BYTES);
    if (text === undefined) return unreadable(path, tooLarge('more and is growing'));
    const digest = createHash('sha256').update(text).digest('hex');
    return { path, content: { type: 'text', text, digest, modifiedAtMs: stats.mtimeMs, asWritten: stats.ctimeMs === stats.mtimeMs } };
  } catch (error) {
    if (!isMissing(error)) return unreadable(path, describeError(error));
    return (await isSymlink(path)) ? unreadable(path, 'it is a symbolic link to nothing') : undefined;
  } finally {
    await file?.close();
  }
};

/** In one go if the file is as long as it said; undefined where it has more than the limit by now. */
const readAtMost = async (file: FileHandle, size: number, limit: number): Promise<Buffer | undefined> => {
  const parts: Buffer[] = [];
  for (let total = 0, room = size + 1; ; room = GROWTH_BYTES) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(room), 0, room, null);
    total += bytesRead;
    if (total > limit) return undefined;
    parts.push(buffer.subarray(0, bytesRead));
    // Less than there was room for is the end only where nothing it had is missing: some file systems (FUSE) give less than there is.
    if (bytesRead === 0 || (bytesRead < room && total === size)) return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }
};

/** What is asked for at once of a file that grows while it is read. */
const GROWTH_BYTES = 65_536;

const tooLarge = (size: string): string => `it has ${size}; a manifest has at most ${MAX_MANIFEST_BYTES}: split it into several files`;

const kindOf = (stats: Stats): string | undefined => {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return 'a directory: only files directly in the manifest directory are read';
  if (stats.isFIFO()) return 'a named pipe, not a regular file';
  if (stats.isSocket()) return 'a socket, not a regular file';
  return 'a device, not a regular file';
};

const unreadable = (path: string, why: string): ListedEntry => ({ path, content: { type: 'unreadable', message: `${path}: ${why}` } });

const failed = (path: string, error: unknown, atMs: number): Listing => ({
  type: 'failed',
  message: `${path}: cannot be listed: ${describeError(error)}`,
  useStored: false,
  atMs,
});

const isMissing = (error: unknown): boolean => {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
};

const isSymlink = async (path: string): Promise<boolean> => {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
};

const isNoDirectory = async (path: string): Promise<boolean> => {
  try {
    return !(await stat(path)).isDirectory();
  } catch {
    return true;
  }
};
