import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, rmSync } from 'node:fs';

/**
 * A directory of our own under a fixed name in a directory that everybody may write. One that is there already is taken only from a former run: a link,
 * or what somebody else owns or may write, would let them choose what containers of root see. Gives whether it was made.
 */
export const makeOwnDirectory = (path, uid = process.getuid()) => {
  try {
    mkdirSync(path, { mode: 0o755 });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const facts = lstatSync(path);
  if (facts.isDirectory() && facts.uid === uid && (facts.mode & 0o022) === 0) return false;
  throw new Error(`${path} is there and is not ours (a link, or somebody else may write it). Look at it, and remove it.`);
};

const stop = (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
};

/** Makes a directory whose mounts are shared with containers; gives what undoes it. */
export const makeShared = (path) => {
  let isMade;
  try {
    isMade = makeOwnDirectory(path);
  } catch (error) {
    stop(error);
  }
  const remove = () => {
    if (isMade) rmSync(path, { recursive: true, force: true });
  };
  if (execFileSync('findmnt', ['-nro', 'PROPAGATION', '-T', path], { encoding: 'utf8' }).startsWith('shared')) return remove;
  execFileSync('mount', ['--bind', path, path]);
  execFileSync('mount', ['--make-shared', path]);
  return () => {
    execFileSync('umount', ['-l', path]);
    remove();
  };
};
