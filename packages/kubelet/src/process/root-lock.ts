import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KubeletError } from './kubelet-error.js';

/** In the directory that is held; only root can open it. */
const LOCK_FILE = '.solo-kubelet.lock';

/**
 * Holds a directory for this process alone, for as long as it lives: an flock(2) on a file in it, which nobody else can reach who may not
 * write there, and which the kernel lets go of however the process ends.
 * @throws KubeletError KUBELET_LOCKED while another process holds it, KUBELET_PREREQUISITE_MISSING without flock(1)
 */
export const lockPath = async (directory: string): Promise<AsyncDisposable> => {
  const path = join(directory, LOCK_FILE);
  for (;;) {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600).catch((cause: unknown) => {
      throw new KubeletError({
        code: 'KUBELET_LOCKED',
        message: `cannot open the lock file ${path}`,
        hint: 'Check the root directory.',
        cause,
      });
    });
    try {
      if (!(await flock(file, path)))
        throw new KubeletError({
          code: 'KUBELET_LOCKED',
          message: `another kubelet is using ${directory}`,
          hint: 'Stop that one first, or give this one another --root-dir.',
        });
      // Who held it before may have removed the file together with the directory: then this is a lock on nothing.
      const [held, there] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
      if (there?.ino === held.ino) return { [Symbol.asyncDispose]: () => file.close() };
    } catch (error) {
      await file.close();
      throw error;
    }
    await file.close();
  }
};

/**
 * Node.js has no flock(2). The lock belongs to the open file, which the program flock(1) shares for a moment: it stays when that has ended,
 * until this process closes the file.
 */
const flock = async (file: FileHandle, path: string): Promise<boolean> => {
  const child = spawn('flock', ['-x', '-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', file.fd] });
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return code === 0;
  } catch (cause) {
    throw new KubeletError({
      code: 'KUBELET_PREREQUISITE_MISSING',
      message: `cannot lock ${path}: there is no program flock`,
      hint: 'Install util-linux.',
      cause,
    });
  }
};
