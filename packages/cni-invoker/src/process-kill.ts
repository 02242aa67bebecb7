import { readFile } from 'node:fs/promises';
import { kill } from 'node:process';
import { delay } from '@solo-kubelet/timers';
import { ownProcesses } from '@solo-kubelet/untrusted-files';

/**
 * Ends every process whose environment holds all the given entries, children that left their parent included, until none is left.
 * A process that changed its own environment is not found.
 */
export const killByEnvironment = async (
  entries: Readonly<Record<string, string>>,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<readonly number[]> => {
  const killed = new Set<number>();
  const giveUpAtMs = performance.now() + DYING_LIMIT_MS;
  for (;;) {
    signal?.throwIfAborted();
    const found = await findByEnvironment(entries);
    if (found.length === 0 || performance.now() > giveUpAtMs) return [...killed];
    for (const pid of found) {
      killQuietly(pid);
      killed.add(pid);
    }
    // A process is still there for a moment after it was killed, and may have forked a moment before.
    await delay(RESCAN_MS);
  }
};

const RESCAN_MS = 2;
/** A process that the kernel holds (a stuck mount, a device) dies when the kernel lets go of it; nobody can wait for that. */
const DYING_LIMIT_MS = 2_000;

/** Processes whose environment holds all the given entries, among those that this process or an earlier one like it may have started. */
export const findByEnvironment = async (entries: Readonly<Record<string, string>>): Promise<readonly number[]> => {
  const wanted = Object.entries(entries).map(([key, value]) => `${key}=${value}`);
  const found: number[] = [];
  // One after another: whatever of them keeps its reader waiting, keeps one.
  for (const pid of await ownProcesses()) {
    // Gone meanwhile: not ours.
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    const held = new Set(environment.split('\0'));
    if (wanted.every((entry) => held.has(entry))) found.push(pid);
  }
  return found;
};

const killQuietly = (target: number): void => {
  try {
    kill(target, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
