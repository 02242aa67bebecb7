import { createHash } from 'node:crypto';

/** All that has V8 compile a program as it does. */
export interface CacheKey {
  /** What was called, of lower-case letters and dashes. */
  readonly command: string;
  /** The hash that the program's file says it has. */
  readonly program: string;
  /** Which file that is, and when it was last changed: an edited file keeps the hash that it was built with. */
  readonly file: string;
  readonly node: string;
  readonly arch: string;
  /** V8's version, flags and what it found the processor to be. */
  readonly v8: number;
}

const SUFFIX = '.v8';
const NAME = /^[a-z-]+-[0-9a-f]{32}\.v8$/;

/** The name of the file with what V8 has compiled of a program. */
export const cacheName = ({ command, ...rest }: CacheKey): string => {
  const { program, file, node, arch, v8 } = rest;
  const key = createHash('sha256')
    .update(JSON.stringify([command, program, file, node, arch, v8]))
    .digest('hex')
    .slice(0, 32);
  return `${command}-${key}${SUFFIX}`;
};

/** A file in the directory of code caches. */
export interface KeptFile {
  readonly name: string;
  readonly size: number;
  readonly changedMs: number;
}

const MOST_FILES = 24;
const MOST_BYTES = 48 << 20;
/** Of one command: that of the version before may still be in use, by a kubelet that has not been started anew. */
const MOST_OF_A_COMMAND = 2;
/** After this a file that is half-written is of a process that has ended, ms. */
const HALF_WRITTEN_MS = 3_600_000;

/** What goes when a cache has been written, so that no more is kept than has a limit: of a command all but the newest two, and the oldest beyond 24 files or 48 MiB. */
export const surplusOf = (files: readonly KeptFile[], nowMs: number): readonly string[] => {
  const kept = new Map<string, number>();
  let count = 0;
  let bytes = 0;
  return [...files]
    .sort((one, other) => other.changedMs - one.changedMs)
    .flatMap(({ name, size, changedMs }) => {
      if (!NAME.test(name)) return name.endsWith('.part') && nowMs - changedMs > HALF_WRITTEN_MS ? [name] : [];
      const command = name.slice(0, name.lastIndexOf('-'));
      const ofCommand = (kept.get(command) ?? 0) + 1;
      if (ofCommand > MOST_OF_A_COMMAND || count + 1 > MOST_FILES || bytes + size > MOST_BYTES) return [name];
      kept.set(command, ofCommand);
      count += 1;
      bytes += size;
      return [];
    });
};
