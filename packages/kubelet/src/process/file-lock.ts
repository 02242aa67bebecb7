import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Logger } from '@solo-kubelet/diagnostics';
import { delay } from '@solo-kubelet/timers';
import { KubeletError } from './kubelet-error.js';

/** How often /proc/locks is looked at for others who wait, ms. */
const CONTENTION_INTERVAL_MS = 1_000;

/** An flock(2) on a file, as the kubelet of Kubernetes takes it (pkg/util/flock), so that the two keep out of each other's way. */
export interface FileLock extends AsyncDisposable {
  /** Resolves when another process waits for the lock; rejects when the signal aborts. */
  contended(options: { readonly signal: AbortSignal }): Promise<void>;
}

/**
 * Waits for the lock for as long as it takes. Node.js has no flock(2): the program flock(1) of util-linux takes the lock and holds it until
 * this process, however it ends, closes the pipe between them.
 * @throws KubeletError KUBELET_PREREQUISITE_MISSING without that program, KUBELET_LOCKED when the file cannot be locked
 */
export const acquireFileLock = async (
  path: string,
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<FileLock> => {
  logger.info({ path }, 'Acquiring the file lock');
  // A process group of its own: an interrupt typed at a terminal must not take the lock from a kubelet that is still ending.
  const child = spawn('flock', ['--exclusive', '--', path, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = once(child, 'close');
  const release = async (): Promise<void> => {
    child.stdin.end();
    await ended.catch(() => undefined);
  };
  try {
    await acquired(child, path, signal);
  } catch (error) {
    // While it waits it does not read: only a signal ends it.
    child.kill();
    throw error;
  }
  return {
    contended: async (options) => {
      while (!hasWaiter(await readFile('/proc/locks', 'utf8'), child.pid ?? 0)) await delay(CONTENTION_INTERVAL_MS, undefined, options);
    },
    [Symbol.asyncDispose]: release,
  };
};

const acquired = async (child: ChildProcess, path: string, signal: AbortSignal): Promise<void> => {
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const failed = once(child, 'close').then(() => {
    throw new KubeletError({ code: 'KUBELET_LOCKED', message: `cannot lock ${path}: ${complaint.trim() || 'flock ended'}` });
  });
  try {
    await Promise.race([once(child.stdout!, 'data', { signal }), failed]);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new KubeletError({
      code: 'KUBELET_PREREQUISITE_MISSING',
      message: `cannot lock ${path}: there is no program flock`,
      hint: 'Install util-linux, or leave out --lock-file: one root directory never has two kubelets.',
      cause,
    });
  }
};

/** Whether /proc/locks shows somebody who waits for the flock of this process: a line `N: -> FLOCK …` for its `N: FLOCK … PID …`. */
export const hasWaiter = (procLocks: string, holderPid: number): boolean => {
  const lines = procLocks.split('\n').map((line) => line.trim().split(/\s+/));
  const held = lines.find((fields) => fields[1] === 'FLOCK' && fields[4] === String(holderPid));
  return held !== undefined && lines.some((fields) => fields[0] === held[0] && fields[1] === '->' && fields[2] === 'FLOCK');
};
