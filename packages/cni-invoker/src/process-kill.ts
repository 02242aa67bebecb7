import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kill } from 'node:process';

/**
 * Ends every process whose environment holds all the given entries, children that left their parent included, until none is left.
 * A process that changed its own environment is not found.
 */
export const killByEnvironment = async (
  entries: Readonly<Record<string, string>>,
  { procDir = '/proc', signal }: { readonly procDir?: string; readonly signal?: AbortSignal } = {},
): Promise<readonly number[]> => {
  const killed = new Set<number>();
  for (;;) {
    signal?.throwIfAborted();
    const found = (await findByEnvironment(entries, procDir)).filter((pid) => !killed.has(pid));
    if (found.length === 0) return [...killed];
    for (const pid of found) {
      killQuietly(pid);
      killed.add(pid);
    }
  }
};

/** Processes whose environment holds all the given entries. */
export const findByEnvironment = async (entries: Readonly<Record<string, string>>, procDir = '/proc'): Promise<readonly number[]> => {
  const wanted = Object.entries(entries).map(([key, value]) => `${key}=${value}`);
  const pids = (await readdir(procDir)).filter((name) => /^\d+$/.test(name));
  const matches = await Promise.all(
    pids.map(async (pid) => {
      // Gone meanwhile, or another user's: not ours.
      const environment = await readFile(join(procDir, pid, 'environ'), 'latin1').catch(() => '');
      const held = new Set(environment.split('\0'));
      return wanted.every((entry) => held.has(entry));
    }),
  );
  return pids.filter((_, index) => matches[index]).map(Number);
};

const killQuietly = (target: number): void => {
  try {
    kill(target, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
