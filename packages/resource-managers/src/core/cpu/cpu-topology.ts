import { type CpuSet, cpuSet } from './cpu-set.js';

/** Where one CPU (hardware thread) is. Cores are numbered across the machine by their lowest CPU. */
export interface CpuPlace {
  readonly core: number;
  readonly socket: number;
  readonly numaNode: number;
  /** The last-level cache that it shares with others. */
  readonly uncoreCache: number;
}

/** The machine's online CPUs. */
export type CpuTopology = ReadonlyMap<number, CpuPlace>;

export type CpuLevel = keyof CpuPlace;

export const allCpus = (topology: CpuTopology): CpuSet => cpuSet(topology.keys());

/** The CPUs of `set` in any of these cores, sockets, … */
export const cpusIn = (topology: CpuTopology, level: CpuLevel, ids: readonly number[], set: CpuSet = allCpus(topology)): CpuSet =>
  set.filter((cpu) => ids.includes(placeOf(topology, cpu)[level]));

/** The cores, sockets, … of these CPUs, ascending. */
export const idsOf = (topology: CpuTopology, level: CpuLevel, set: CpuSet = allCpus(topology)): readonly number[] =>
  cpuSet(set.map((cpu) => placeOf(topology, cpu)[level]));

/** CPUs a core; 0 without any CPU. */
export const cpusPerCore = (topology: CpuTopology): number => {
  const cores = idsOf(topology, 'core').length;
  return cores === 0 ? 0 : Math.floor(topology.size / cores);
};

/** A CPU that the machine does not have is nowhere. */
export const placeOf = (topology: CpuTopology, cpu: number): CpuPlace => topology.get(cpu) ?? nowhere;

const nowhere: CpuPlace = { core: -1, socket: -1, numaNode: -1, uncoreCache: -1 };
