import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { CgroupMount } from './cgroup-measurements.js';

export interface ProcessMeasurements {
  readonly processes: number;
  readonly fileDescriptors: number;
  readonly sockets: number;
  /** Soft limit of open files of the first process; -1: none. */
  readonly maxOpenFiles: number | undefined;
}

/** Processes of a cgroup and of those below it. */
export const processesOf = async ({ mountPoint, version }: CgroupMount, path: string): Promise<readonly number[]> => {
  const directory = join(mountPoint, version === 2 ? '' : 'memory', path);
  const [text, entries] = await Promise.all([
    readFile(join(directory, 'cgroup.procs'), 'utf8').catch(() => ''),
    readdir(directory, { withFileTypes: true }).catch(() => []),
  ]);
  const own = text.split('\n').flatMap((line) => (Number(line) > 0 ? [Number(line)] : []));
  const below = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map(({ name }) => processesOf({ mountPoint, version }, join(path, name))),
  );
  return [...own, ...below.flat()];
};

/** What processes hold open. One that ends meanwhile counts as nothing. */
export const processMeasurements = async (pids: readonly number[], procDirectory = '/proc'): Promise<ProcessMeasurements> => {
  const [first] = pids;
  const [held, limits] = await Promise.all([
    Promise.all(pids.map((pid) => descriptorsOf(join(procDirectory, String(pid), 'fd')))),
    first === undefined ? '' : readFile(join(procDirectory, String(first), 'limits'), 'utf8').catch(() => ''),
  ]);
  const links = held.flat();
  const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  return {
    processes: pids.length,
    fileDescriptors: links.length,
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    maxOpenFiles: soft === undefined ? undefined : soft === 'unlimited' ? -1 : Number(soft),
  };
};

const descriptorsOf = async (directory: string): Promise<readonly string[]> => {
  const names = await readdir(directory).catch(() => []);
  return Promise.all(names.map((name) => readlink(join(directory, name)).catch(() => '')));
};
