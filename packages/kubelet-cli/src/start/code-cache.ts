import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { surplusOf } from './cache-name.js';
import { isOwn, upwards } from './cache-place.js';
import { sealed, unsealed } from './cache-text.js';

/** One file in a directory of code caches that nobody but its user can change. */
export interface CodeCache {
  /** What V8 compiled; undefined where it is not there, or not whole, or may be from somebody else. */
  read(): Buffer | undefined;
  /** Puts what V8 compiled in the place of what is there, and removes what is too much in the directory. Does nothing where it can't, and then does not ask for it. */
  write(compiled: () => Uint8Array): void;
}

const MOST_BYTES = 32 << 20;
const OWN_DIRECTORY = 0o700;
const OWN_FILE = 0o600;

/** All of it is synchronous: before it is read there is nothing else to do, and what writes it is about to end, or at rest. `told` hears why there is none. */
export const codeCache = (directory: string, name: string, uid: number, told: (why: string) => void): CodeCache => ({
  read: () =>
    attempt(told, () => {
      const trusted = trustedPath(directory, uid);
      return unsealed(readOwn(join(trusted, name), uid)) ?? refuse(`${name} is not whole`);
    }),
  write: (compiled) =>
    attempt(told, () => {
      mkdirSync(directory, { recursive: true, mode: OWN_DIRECTORY });
      const trusted = trustedPath(directory, uid);
      const part = join(trusted, `${name}.${process.pid}.part`);
      try {
        writeFileSync(part, sealed(compiled()), { flag: 'wx', mode: OWN_FILE });
        renameSync(part, join(trusted, name));
      } catch (error) {
        rmSync(part, { force: true });
        throw error;
      }
      removeSurplus(trusted);
    }),
});

/** The directory without links, if nobody else can put another in its place or a file into it. */
const trustedPath = (directory: string, uid: number): string => {
  const path = realpathSync(directory);
  const others = upwards(path).find((each) => !isOwn(lstatSync(each), uid));
  return others === undefined ? path : refuse(`others than its user may write to ${others}`);
};

/** A file that is there and own, and no link; of a FIFO nothing is waited for. */
const readOwn = (path: string, uid: number): Buffer => {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || !isOwn(stats, uid) || stats.size > MOST_BYTES) return refuse(`${path} is not a file of a code cache`);
    const content = Buffer.allocUnsafe(stats.size);
    return content.subarray(0, readSync(file, content, 0, stats.size, 0));
  } finally {
    closeSync(file);
  }
};

const removeSurplus = (directory: string): void => {
  const files = readdirSync(directory).map((name) => {
    const { size, mtimeMs } = lstatSync(join(directory, name));
    return { name, size, changedMs: mtimeMs };
  });
  for (const name of surplusOf(files, Date.now())) rmSync(join(directory, name), { force: true });
};

const refuse = (why: string): never => {
  throw new Error(why);
};

const attempt = <T>(told: (why: string) => void, act: () => T): T | undefined => {
  try {
    return act();
  } catch (error) {
    told((error as Error).message);
    return undefined;
  }
};
