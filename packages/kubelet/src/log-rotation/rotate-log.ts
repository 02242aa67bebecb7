import { createWriteStream } from 'node:fs';
import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { openRegular, removeTree } from '@solo-kubelet/untrusted-files';

export interface RotateLogOptions {
  readonly logPath: string;
  /** Files in all, the current one included. */
  readonly maxFiles: number;
  readonly nowMs: number;
  /** Makes the runtime open the log anew. When it fails the log gets its old name back. */
  readonly reopen: () => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Rotates one container log: drops the oldest, compresses the plain ones, gives the current one a dated name and has the runtime open a new one.
 * The newest rotated file stays plain until the next time, so a reader that still follows it loses nothing. Upstream: pkg/kubelet/logs.
 */
export const rotateLog = async ({ logPath, maxFiles, nowMs, reopen, signal }: RotateLogOptions): Promise<void> => {
  const directory = dirname(logPath);
  const prefix = `${basename(logPath)}.`;
  const all = (await readdir(directory)).filter((name) => name.startsWith(prefix));
  const irregular = new Set<string>();
  for (const name of all) if (!(await lstat(join(directory, name))).isFile()) irregular.add(name);
  // What is no file was put there by somebody else, and would be read or written in its place.
  const useless = all.filter((name) => irregular.has(name) || name.endsWith('.tmp') || all.includes(`${name}.gz`));
  for (const name of useless) await removeAny(join(directory, name));
  const rotated = all.filter((name) => !useless.includes(name)).sort();
  const excess = Math.max(0, rotated.length - (maxFiles - 2));
  for (const name of rotated.slice(0, excess)) await rm(join(directory, name), { force: true });
  for (const name of rotated.slice(excess)) if (!name.endsWith('.gz')) await compress(join(directory, name), signal);

  const dated = `${logPath}.${nextStamp(rotated, prefix, nowMs)}`;
  await rename(logPath, dated);
  try {
    await reopen();
  } catch (error) {
    await rename(dated, logPath);
    throw error;
  }
};

const compress = async (path: string, signal: AbortSignal): Promise<void> => {
  const file = await openRegular(path, { signal });
  const { mode } = await file.stat();
  // `wx`: made anew, never through a link that somebody has put there since.
  await pipeline(file.createReadStream(), createGzip(), createWriteStream(`${path}.tmp`, { mode, flags: 'wx' }), { signal });
  await rename(`${path}.tmp`, `${path}.gz`);
  await rm(path, { force: true });
};

/** Later than every stamp there is, also when the clock was set back: readers and the next rotation go by the order of names. */
const nextStamp = (rotated: readonly string[], prefix: string, nowMs: number): string => {
  const newest = rotated
    .map((name) => /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)/.exec(name.slice(prefix.length)))
    .findLast((match) => match !== null);
  const stamp = stampOf(nowMs);
  if (newest === undefined || newest === null || stamp > newest[0]) return stamp;
  const [year = 0, month = 1, day = 1, hours = 0, minutes = 0, seconds = 0] = newest.slice(1).map(Number);
  return stampOf(new Date(year, month - 1, day, hours, minutes, seconds + 1).getTime());
};

const removeAny = async (path: string): Promise<void> => {
  await removeTree(path);
  await rm(path, { force: true });
};

/** `20260102-150405`, local time. */
const stampOf = (ms: number): string => {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
};
