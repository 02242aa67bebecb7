import { constants, type FileHandle, mkdir, open, readdir, readFile, rmdir, stat } from 'node:fs/promises';
import { kill } from 'node:process';
import { makeDirectories } from '../make-directories.js';

/** The cgroup file system by absolute paths; a fake one in tests. */
export interface CgroupTree {
  exists(path: string): Promise<boolean>;
  /** Makes a directory and those above it; one that is there already is fine. */
  makeDirectory(path: string): Promise<void>;
  /** Makes a directory in one that is there: made now, there already, or `orphan` where the one above is missing. */
  makeChild(path: string): Promise<'made' | 'there' | 'orphan'>;
  removeDirectory(path: string): Promise<void>;
  /** Names of directories in a directory; none when it is not there. */
  listDirectories(path: string): Promise<readonly string[]>;
  read(path: string): Promise<string>;
  /** Writes to a file that exists. */
  write(path: string, value: string): Promise<void>;
  /** Ends a process at once; one that is gone is fine. */
  kill(pid: number): void;
}

export const cgroupTree: CgroupTree = {
  exists: (path) =>
    stat(path).then(
      () => true,
      () => false,
    ),
  async makeDirectory(path) {
    await makeDirectories(path, 0o755);
  },
  makeChild: (path) =>
    mkdir(path, 0o755).then(
      () => 'made',
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return 'there';
        if (error.code === 'ENOENT') return 'orphan';
        throw error;
      },
    ),
  removeDirectory: (path) => rmdir(path),
  async listDirectories(path) {
    const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  },
  read: (path) => readFile(path, 'utf8'),
  async write(path, value) {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, constants.O_WRONLY);
      await handle.write(value);
    } finally {
      await handle?.close();
    }
  },
  kill(pid) {
    try {
      kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  },
};
