import { readdir, readFile, statfs } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import type { MachineFacts } from './node-capacity.js';

/** Reads what the machine has; `directory` says whose file system counts. */
export const readMachine = async (directory: string): Promise<MachineFacts> => {
  const [memory, disk, pidMax, threadsMax] = await Promise.all([
    readText('/proc/meminfo'),
    statfs(directory),
    readText('/proc/sys/kernel/pid_max'),
    readText('/proc/sys/kernel/threads-max'),
  ]);
  return {
    // All that are online, also those that the scheduler leaves alone (isolcpus): a container can be put on them.
    cores: cpus().length || availableParallelism(),
    memoryBytes: Number(/^MemTotal:\s+(\d+) kB/m.exec(memory)?.[1] ?? 0) * 1_024,
    ephemeralStorageBytes: disk.blocks * disk.bsize,
    hugePages: await readHugePages(),
    maxPids: Math.min(Number(pidMax.trim() || 32_768), Number(threadsMax.trim() || Number.POSITIVE_INFINITY)),
  };
};

/** Pages set aside, by size: `/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages`. */
const readHugePages = async (): Promise<Readonly<Record<string, number>>> => {
  const directory = '/sys/kernel/mm/hugepages';
  const names = await readdir(directory).catch(() => []);
  const sizes = await Promise.all(
    names.map(async (name) => {
      const kib = Number(/^hugepages-(\d+)kB$/.exec(name)?.[1] ?? 0);
      const pages = Number((await readText(`${directory}/${name}/nr_hugepages`)).trim());
      return [kib >= 1_048_576 ? `${kib / 1_048_576}Gi` : kib >= 1_024 ? `${kib / 1_024}Mi` : `${kib}Ki`, pages * kib * 1_024] as const;
    }),
  );
  return Object.fromEntries(sizes);
};

/** Whether any swap is in use, from /proc/swaps. */
export const hasSwap = (swaps: string): boolean => swaps.trim().split('\n').length > 1;

/** All swap there is, bytes, from /proc/meminfo. */
export const swapBytes = (meminfo: string): number => Number(/^SwapTotal:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0) * 1_024;

export const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
