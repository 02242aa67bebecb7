import { parseCpuSet } from './cpu-set.js';
import type { CpuPlace, CpuTopology } from './cpu-topology.js';

/** Reads a file below /sys; undefined when it is not there. */
export type ReadSysFile = (path: string) => Promise<string | undefined>;

/** The online CPUs of this machine, from /sys/devices/system. A machine without NUMA has one node, 0. */
export const readCpuTopology = async (read: ReadSysFile): Promise<CpuTopology> => {
  const cpus = await readList(read, '/sys/devices/system/cpu/online');
  const nodeOf = new Map<number, number>();
  for (const node of await readList(read, '/sys/devices/system/node/online')) {
    for (const cpu of await readList(read, `/sys/devices/system/node/node${node}/cpulist`)) nodeOf.set(cpu, node);
  }
  return new Map(await Promise.all(cpus.map(async (cpu) => [cpu, await readPlace(read, cpu, nodeOf.get(cpu) ?? 0)] as const)));
};

const readPlace = async (read: ReadSysFile, cpu: number, numaNode: number): Promise<CpuPlace> => {
  const directory = `/sys/devices/system/cpu/cpu${cpu}`;
  const siblings = await readList(read, `${directory}/topology/thread_siblings_list`);
  // Some virtual machines say -1.
  const socket = Math.max(0, Number((await read(`${directory}/topology/physical_package_id`))?.trim() ?? 0));
  return {
    core: siblings[0] ?? cpu,
    socket,
    numaNode,
    uncoreCache: (await lastLevelCache(read, directory)) ?? socket,
  };
};

/** By the lowest CPU that shares it; undefined when nothing is told of a third level. */
const lastLevelCache = async (read: ReadSysFile, directory: string): Promise<number | undefined> => {
  for (const index of [3, 4, 2]) {
    const cache = `${directory}/cache/index${index}`;
    if ((await read(`${cache}/level`))?.trim() === '3') return (await readList(read, `${cache}/shared_cpu_list`))[0];
  }
  return undefined;
};

const readList = async (read: ReadSysFile, path: string): Promise<readonly number[]> => parseCpuSet((await read(path))?.trim() ?? '') ?? [];
