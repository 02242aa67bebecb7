import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A process that a container runtime put into a container: its first one, or one of `exec`. */
export interface EnteredProcess {
  readonly pid: number;
  /** When it was started, in ticks of the kernel since boot (proc(5), starttime): with the pid, it is this process and no other. */
  readonly startTicks: number;
  /** The kernel's name of it: of the file that was executed, at most 15 bytes, unless the process has changed it. */
  readonly name: string;
  /** Whether it is controlled by a terminal. */
  readonly hasTerminal: boolean;
}

/** Processes looked at side by side. */
const BATCH = 64;

/**
 * The processes of a container whose parent is outside of it, as the kernel has them now. What they started themselves is not among them. Empty
 * where the container is not of this machine. Their command lines are not looked at: those are in the memory of the process, which can keep a
 * reader waiting for ever.
 */
export const enteredProcesses = async (containerId: string, procDirectory = '/proc'): Promise<readonly EnteredProcess[]> => {
  const pids = (await readdir(procDirectory)).filter((name) => /^\d+$/.test(name));
  const inside = new Map<number, EnteredProcess & { readonly parent: number }>();
  for (let at = 0; at < pids.length; at += BATCH) {
    await Promise.all(
      pids.slice(at, at + BATCH).map(async (pid) => {
        if (!isIn(await read(join(procDirectory, pid, 'cgroup')), containerId)) return;
        const stat = parseStat(await read(join(procDirectory, pid, 'stat')));
        if (stat !== undefined) inside.set(Number(pid), { pid: Number(pid), ...stat });
      }),
    );
  }
  const entered = [...inside.values()].filter(({ parent }) => !inside.has(parent));
  return entered.map(({ parent: _, ...process }) => process).sort((a, b) => a.pid - b.pid);
};

/** When a process was started, in ticks since boot; undefined when there is none. */
export const startTicksOf = async (pid: number, procDirectory = '/proc'): Promise<number | undefined> =>
  parseStat(await read(join(procDirectory, String(pid), 'stat')))?.startTicks;

/** CRI-O's `crio-conmon-<id>.scope` holds the monitor, which is not the container's. */
const isIn = (cgroups: string, containerId: string): boolean =>
  cgroups.split('\n').some((line) => line.includes(containerId) && !line.includes(`conmon-${containerId}`));

/** proc(5): the name, in parentheses, may hold anything; after it come state, parent, group, session, terminal and, as the 22nd field, the start. */
const parseStat = (text: string): (Omit<EnteredProcess, 'pid'> & { readonly parent: number }) | undefined => {
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  const [parent, terminal, startTicks] = [Number(fields[1]), Number(fields[4]), Number(fields[19])];
  if (text === '' || !Number.isInteger(parent) || !Number.isInteger(startTicks)) return undefined;
  return { name: text.slice(text.indexOf('(') + 1, end), parent, hasTerminal: terminal !== 0, startTicks };
};

/** What has gone meanwhile holds nothing. */
const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
