import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the memory controller is. */
export interface MemoryCgroups {
  readonly mountPoint: string;
  /** 1 also stands for hybrid hosts. */
  readonly version: 1 | 2;
}

/** A limit above this means none (2^62, as upstream). */
const UNLIMITED_BYTES = 2 ** 62;

const text = (...path: readonly string[]): Promise<string> => readFile(join(...path), 'utf8').catch(() => '');
const stat = (lines: string, name: string): number | undefined => {
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(lines)?.[1];
  return found === undefined ? undefined : Number(found);
};
const number = (line: string): number | undefined => (/^\d+\n?$/.test(line) ? Number(line) : undefined);

/** Memory set aside for huge pages, bytes: nobody else can have it, and no cgroup counts it (upstream: k/k 138127). */
export const hugePagesBytes = (meminfo: string): number => kibOf(meminfo, 'Hugetlb') * 1_024;

const kibOf = (meminfo: string, name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(meminfo)?.[1] ?? 0);

/** What the whole machine uses, bytes. */
export interface MachineMemory {
  readonly usageBytes: number;
  /** Without the file pages that can go at once. */
  readonly workingSetBytes: number;
}

/** As cAdvisor reckons it of the root cgroup, huge pages included; where there is none to read, from /proc/meminfo. */
export const machineMemory = async ({ mountPoint, version }: MemoryCgroups, meminfo: string): Promise<MachineMemory> => {
  const directory = version === 2 ? mountPoint : join(mountPoint, 'memory');
  const lines = await text(directory, 'memory.stat');
  const usage = version === 2 ? sum(stat(lines, 'anon'), stat(lines, 'file')) : number(await text(directory, 'memory.usage_in_bytes'));
  const inactive = stat(lines, version === 2 ? 'inactive_file' : 'total_inactive_file');
  if (usage === undefined || inactive === undefined) return meminfoMemory(meminfo);
  const hugePages = hugePagesBytes(meminfo);
  return { usageBytes: usage + hugePages, workingSetBytes: Math.max(0, usage - inactive) + hugePages };
};

const meminfoMemory = (meminfo: string): MachineMemory => {
  const kib = (name: string): number => kibOf(meminfo, name);
  const usageKib = kib('MemTotal') - kib('MemFree');
  return { usageBytes: usageKib * 1_024, workingSetBytes: Math.max(0, usageKib - kib('Inactive\\(file\\)')) * 1_024 };
};

/** The working set alone: what `memory.available` is reckoned from, by eviction and in `/stats/summary` alike. */
export const machineWorkingSet = async (cgroups: MemoryCgroups, meminfo: string): Promise<number> =>
  (await machineMemory(cgroups, meminfo)).workingSetBytes;

const sum = (a: number | undefined, b: number | undefined): number | undefined => (a === undefined || b === undefined ? undefined : a + b);

/** The same of a cgroup below, with its limit. Undefined when there is no such cgroup or it has no limit. */
export const cgroupMemory = async (
  { mountPoint, version }: MemoryCgroups,
  path: string,
): Promise<{ readonly workingSetBytes: number; readonly limitBytes: number } | undefined> => {
  const directory = version === 2 ? join(mountPoint, path) : join(mountPoint, 'memory', path);
  const [lines, limitText, usageText] = await Promise.all([
    text(directory, 'memory.stat'),
    text(directory, version === 2 ? 'memory.max' : 'memory.limit_in_bytes'),
    text(directory, version === 2 ? 'memory.current' : 'memory.usage_in_bytes'),
  ]);
  const [limitBytes, usage] = [number(limitText), number(usageText)];
  const inactive = stat(lines, version === 2 ? 'inactive_file' : 'total_inactive_file') ?? 0;
  if (limitBytes === undefined || limitBytes > UNLIMITED_BYTES || usage === undefined) return undefined;
  return { workingSetBytes: Math.max(0, usage - inactive), limitBytes };
};
