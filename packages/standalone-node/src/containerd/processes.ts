import { readdir, readFile } from 'node:fs/promises';
import { ownProcesses } from '@solo-kubelet/untrusted-files';
import type { ContainerdLayout } from './layout.js';

/** The instance's daemon, its shims (both carry its paths in their command line) and all their descendants; no zombies. */
export const processesOf = async (layout: ContainerdLayout): Promise<readonly number[]> => {
  const all = await listProcesses();
  const own = new Set(all.filter((each) => isOwn(each, layout)).map(({ pid }) => pid));
  for (let before = -1; before !== own.size; ) {
    before = own.size;
    for (const { pid, parent } of all) if (own.has(parent)) own.add(pid);
  }
  own.delete(process.pid);
  return [...own];
};

/** The instance's daemon alone: none, or one unless something is wrong. */
export const findDaemon = async (layout: ContainerdLayout): Promise<readonly number[]> =>
  (await listProcesses()).filter(({ words }) => isDaemon(words, layout)).map(({ pid }) => pid);

interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly words: readonly string[];
}

const isDaemon = (words: readonly string[], layout: ContainerdLayout): boolean =>
  /(^|\/)containerd$/.test(words[0] ?? '') && words.includes(layout.configPath);

const isOwn = ({ words }: ProcessFacts, layout: ContainerdLayout): boolean =>
  isDaemon(words, layout) || (/(^|\/)containerd-shim[^/]*$/.test(words[0] ?? '') && words.includes(layout.socketPath));

const listProcesses = async (): Promise<readonly ProcessFacts[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  // What a container has for its command line may keep a reader for ever; a daemon and its shims are no containers.
  const readable = new Set(await ownProcesses());
  const facts = await Promise.all(pids.map((pid) => factsOf(pid, readable.has(pid))));
  return facts.filter((each) => each !== undefined);
};

const factsOf = async (pid: number, isReadable: boolean): Promise<ProcessFacts | undefined> => {
  const stat = await readText(`/proc/${pid}/stat`);
  const commandLine = isReadable ? await readText(`/proc/${pid}/cmdline`) : '';
  // The name in parentheses may hold anything; state and parent follow the last one.
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return parent === undefined || state === 'Z' ? undefined : { pid, parent: Number(parent), words: commandLine.split('\0') };
};

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
