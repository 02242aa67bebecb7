/** CPU numbers, ascending, each once. */
export type CpuSet = readonly number[];

export const cpuSet = (cpus: Iterable<number>): CpuSet => [...new Set(cpus)].sort((a, b) => a - b);

export const unionCpus = (...sets: readonly CpuSet[]): CpuSet => cpuSet(sets.flat());
export const withoutCpus = (set: CpuSet, other: CpuSet): CpuSet => {
  const gone = new Set(other);
  return set.filter((cpu) => !gone.has(cpu));
};
export const commonCpus = (set: CpuSet, other: CpuSet): CpuSet => {
  const there = new Set(other);
  return set.filter((cpu) => there.has(cpu));
};
export const sameCpus = (set: CpuSet, other: CpuSet): boolean => formatCpuSet(set) === formatCpuSet(other);

/** `0,2-3`, as the kernel and upstream write it; empty for none. */
export const formatCpuSet = (set: CpuSet): string => {
  const ranges: { first: number; last: number }[] = [];
  for (const cpu of set) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last === cpu - 1) range.last = cpu;
    else ranges.push({ first: cpu, last: cpu });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
};

/** Undefined for a text that is no list of CPUs. The empty text is the empty set. Upstream: k8s.io/utils/cpuset Parse. */
export const parseCpuSet = (text: string): CpuSet | undefined => {
  if (text === '') return [];
  const cpus: number[] = [];
  for (const part of text.split(',')) {
    const [, from, to] = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(part) ?? [];
    if (from === undefined) return undefined;
    const [first, last] = [Number(from), Number(to ?? from)];
    if (first > last || last > MAX_CPU) return undefined;
    for (let cpu = first; cpu <= last; cpu += 1) cpus.push(cpu);
  }
  return cpuSet(cpus);
};

/** Far beyond what Linux can number (CONFIG_NR_CPUS is at most 8192). */
const MAX_CPU = 65_535;
