import { type CpuSet, cpuSet, unionCpus, withoutCpus } from './cpu-set.js';
import { type CpuLevel, type CpuTopology, cpusIn, cpusPerCore, idsOf } from './cpu-topology.js';

export interface PackingStyle {
  /** Threads of different cores before the second thread of any. */
  readonly spread: boolean;
  readonly alignByUncoreCache: boolean;
}

/** What is still free, what has been taken, and how many are still needed. */
interface Taking {
  readonly topology: CpuTopology;
  free: CpuSet;
  taken: CpuSet;
  needed: number;
}

/**
 * Takes CPUs so that they are near each other and whole pieces of the machine stay whole: NUMA nodes and sockets first, then caches, cores, single threads.
 * Undefined when there are too few. Upstream: takeByTopologyNUMAPacked in pkg/kubelet/cm/cpumanager/cpu_assignment.go.
 */
export const takePacked = (topology: CpuTopology, available: CpuSet, count: number, style: PackingStyle): CpuSet | undefined => {
  const taking: Taking = { topology, free: cpusOf(topology, available), taken: [], needed: count };
  if (count > taking.free.length) return undefined;
  const steps: readonly (() => void)[] = [
    () => takeWhole(taking, isNumaFirst(topology) ? 'numaNode' : 'socket'),
    () => takeWhole(taking, isNumaFirst(topology) ? 'socket' : 'numaNode'),
    () => style.alignByUncoreCache && takeCaches(taking),
    () => !style.spread && takeWhole(taking, 'core'),
    () => take(taking, (style.spread ? threadsBySocket(taking) : threadsByCore(taking)).slice(0, taking.needed)),
  ];
  for (const step of steps) if (taking.needed > 0) step();
  return cpuSet(taking.taken);
};

const cpusOf = (topology: CpuTopology, set: CpuSet): CpuSet => set.filter((cpu) => topology.has(cpu));

const take = (taking: Taking, cpus: CpuSet): void => {
  taking.taken = unionCpus(taking.taken, cpus);
  taking.free = withoutCpus(taking.free, cpus);
  taking.needed -= cpus.length;
};

/** Whether a NUMA node holds whole sockets rather than the other way round. */
const isNumaFirst = (topology: CpuTopology): boolean => idsOf(topology, 'socket').length >= idsOf(topology, 'numaNode').length;

const free = ({ topology, free: set }: Taking, level: CpuLevel, ids: readonly number[]): CpuSet => cpusIn(topology, level, ids, set);

/** Every core, cache, … that has free CPUs: those with the fewest first within what holds them, which is ordered likewise. */
const ordered = (taking: Taking, level: CpuLevel): readonly number[] => {
  const outer = outerLevel(taking.topology, level);
  const groups = outer === undefined ? [taking.free] : ordered(taking, outer).map((id) => free(taking, outer, [id]));
  return groups.flatMap((set) => fullestFirst(taking, level, idsOf(taking.topology, level, set)));
};

const outerLevel = (topology: CpuTopology, level: CpuLevel): CpuLevel | undefined => {
  const numaFirst = isNumaFirst(topology);
  switch (level) {
    case 'numaNode':
      return numaFirst ? undefined : 'socket';
    case 'socket':
      return numaFirst ? 'numaNode' : undefined;
    case 'core':
      return numaFirst ? 'socket' : 'numaNode';
    case 'uncoreCache':
      return 'numaNode';
  }
};

const fullestFirst = (taking: Taking, level: CpuLevel, ids: readonly number[]): readonly number[] =>
  [...ids].sort((a, b) => free(taking, level, [a]).length - free(taking, level, [b]).length || a - b);

/** Whole nodes, sockets, … that nobody has anything of, as long as all of each is needed. */
const takeWhole = (taking: Taking, level: CpuLevel): void => {
  for (const id of ordered(taking, level)) {
    const whole = cpusIn(taking.topology, level, [id]);
    if (free(taking, level, [id]).length === whole.length && taking.needed >= whole.length) take(taking, whole);
  }
};

const threadsByCore = (taking: Taking): CpuSet => ordered(taking, 'core').flatMap((core) => free(taking, 'core', [core]));
const threadsBySocket = (taking: Taking): CpuSet => ordered(taking, 'socket').flatMap((socket) => free(taking, 'socket', [socket]));

/** Whole caches, then the first that alone has the rest. */
const takeCaches = (taking: Taking): void => {
  takeWhole(taking, 'uncoreCache');
  for (const cache of ordered(taking, 'uncoreCache')) if (taking.needed > 0) takePartOfCache(taking, cache);
};

/** Upstream: takePartialUncore. */
const takePartOfCache = (taking: Taking, cache: number): void => {
  const perCore = cpusPerCore(taking.topology);
  const cores = idsOf(taking.topology, 'core', free(taking, 'uncoreCache', [cache])).slice(0, Math.ceil(taking.needed / perCore));
  const threads = free(taking, 'core', cores);
  const odd = taking.needed % 2 !== 0 && perCore > 1 && threads.length > taking.needed;
  const wanted = odd ? threads.slice(0, -1) : threads;
  if (wanted.length === taking.needed) take(taking, wanted);
};
