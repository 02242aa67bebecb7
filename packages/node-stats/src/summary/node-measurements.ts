import { readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type MachineMemory, type MemoryCgroups, machineMemory } from '../cgroups/working-set.js';
import type { FsStats, InterfaceStats, MemoryStats, NodeStats, SwapStats } from './summary.js';

const NANOSECONDS_PER_TICK = 10_000_000;
/** Fields of /proc/stat's first line that are work: user, nice, system, irq, softirq, steal (idle and iowait are not). */
const BUSY_FIELDS = [1, 2, 3, 6, 7, 8];

/** Total CPU work since boot, ns, from /proc/stat. */
export const parseCpuNanoseconds = (procStat: string): number => {
  const fields = (procStat.split('\n', 1)[0] ?? '').split(/\s+/);
  return BUSY_FIELDS.reduce((sum, field) => sum + Number(fields[field] ?? 0), 0) * NANOSECONDS_PER_TICK;
};

/** `Name: 123 kB` lines as bytes. */
export const parseMeminfo = (text: string): Readonly<Record<string, number>> =>
  Object.fromEntries([...text.matchAll(/^(\S+):\s+(\d+) kB$/gm)].map(([, name, kib]) => [name ?? '', Number(kib) * 1024]));

export const parseInterfaces = (procNetDev: string): readonly InterfaceStats[] =>
  [...procNetDev.matchAll(/^\s*([^\s:]+):\s*(\d.*)$/gm)].map(([, name = '', rest = '']) => {
    const values = rest.trim().split(/\s+/).map(Number);
    return { name, rxBytes: values[0] ?? 0, rxErrors: values[2] ?? 0, txBytes: values[8] ?? 0, txErrors: values[10] ?? 0 };
  });

/** The interface of the default route, from /proc/net/route. */
export const parseDefaultInterface = (procNetRoute: string): string | undefined =>
  procNetRoute
    .split('\n')
    .map((line) => line.split('\t'))
    .find(([, destination]) => destination === '00000000')?.[0];

const text = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

export const fsStats = async (path: string, time: string): Promise<FsStats | undefined> => {
  const found = await statfs(path).catch(() => undefined);
  if (!found) return undefined;
  const { bsize, blocks, bfree, bavail, files, ffree } = found;
  return {
    time,
    availableBytes: bavail * bsize,
    capacityBytes: blocks * bsize,
    usedBytes: (blocks - bfree) * bsize,
    inodesFree: ffree,
    inodes: files,
    inodesUsed: files - ffree,
  };
};

export interface NodeMeasurements extends Pick<NodeStats, 'startTime' | 'cpu' | 'memory' | 'network' | 'rlimit' | 'swap'> {}

const DEFAULT_MACHINE_CGROUPS: MemoryCgroups = { mountPoint: '/sys/fs/cgroup', version: 2 };

export interface NodeMeasurementOptions {
  /** Where memory is measured, as eviction measures it. Default: v2 at /sys/fs/cgroup; where there is none to read, /proc/meminfo counts. */
  readonly cgroups?: MemoryCgroups | undefined;
  /** Default: /proc. */
  readonly procDirectory?: string;
}

/** The machine's own measurements from /proc and the root cgroup, without usageNanoCores, which takes two samples. */
export const nodeMeasurements = async (nowMs: number, options: NodeMeasurementOptions = {}): Promise<NodeMeasurements> => {
  const { cgroups = DEFAULT_MACHINE_CGROUPS, procDirectory = '/proc' } = options;
  const time = rfc3339(nowMs);
  const read = (...names: string[]): Promise<string> => text(join(procDirectory, ...names));
  const [stat, meminfoText, netDev, netRoute, pidMax, threadsMax, loadavg, vmstat] = await Promise.all([
    read('stat'),
    read('meminfo'),
    read('net', 'dev'),
    read('net', 'route'),
    read('sys', 'kernel', 'pid_max'),
    read('sys', 'kernel', 'threads-max'),
    read('loadavg'),
    read('vmstat'),
  ]);
  const meminfo = parseMeminfo(meminfoText);
  const interfaces = parseInterfaces(netDev).filter(({ name }) => name !== 'lo');
  const bootSeconds = Number(/^btime (\d+)$/m.exec(stat)?.[1]);
  const primary = interfaces.find(({ name }) => name === parseDefaultInterface(netRoute));
  return {
    ...(bootSeconds ? { startTime: rfc3339(bootSeconds * 1_000) } : {}),
    cpu: { time, usageCoreNanoSeconds: parseCpuNanoseconds(stat) },
    memory: nodeMemory(meminfo, await machineMemory(cgroups, meminfoText), vmstat, time),
    network: { time, ...(primary ?? { name: '' }), interfaces },
    rlimit: { time, maxpid: Math.min(Number(pidMax), Number(threadsMax)), curproc: Number(/\/(\d+)/.exec(loadavg)?.[1] ?? 0) },
    swap: nodeSwap(meminfo, time),
  };
};

const nodeMemory = (
  meminfo: Readonly<Record<string, number>>,
  { usageBytes, workingSetBytes }: MachineMemory,
  vmstat: string,
  time: string,
): MemoryStats => {
  return {
    time,
    availableBytes: Math.max(0, (meminfo['MemTotal'] ?? 0) - workingSetBytes),
    usageBytes,
    workingSetBytes,
    rssBytes: meminfo['AnonPages'] ?? 0,
    pageFaults: Number(/^pgfault (\d+)$/m.exec(vmstat)?.[1] ?? 0),
    majorPageFaults: Number(/^pgmajfault (\d+)$/m.exec(vmstat)?.[1] ?? 0),
  };
};

const nodeSwap = (meminfo: Readonly<Record<string, number>>, time: string): SwapStats => ({
  time,
  swapAvailableBytes: meminfo['SwapFree'] ?? 0,
  swapUsageBytes: (meminfo['SwapTotal'] ?? 0) - (meminfo['SwapFree'] ?? 0),
});

/** RFC 3339 with whole seconds, as the summary writes times. */
export const rfc3339 = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
