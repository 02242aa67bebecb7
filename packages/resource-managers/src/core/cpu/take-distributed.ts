import { type CpuSet, cpuSet, unionCpus, withoutCpus } from './cpu-set.js';
import { type CpuTopology, cpusIn, idsOf } from './cpu-topology.js';
import { type PackingStyle, takePacked } from './take-packed.js';

export interface DistributionStyle extends PackingStyle {
  /** CPUs are handed out in groups of this many: 1, or the threads of a core. */
  readonly groupSize: number;
  readonly alignBySocket: boolean;
}

/** How to draw from some NUMA nodes. */
interface Distribution {
  readonly nodes: readonly number[];
  /** From each of the nodes. */
  readonly each: number;
  /** What is left over comes from these in turn, a group at a time. */
  readonly extra: readonly number[];
  readonly imbalance: number;
  readonly inOneSocket: boolean;
}

/**
 * Takes CPUs evenly from as few NUMA nodes as can give them, so that the node with the least left limits nobody; packed where no even share exists.
 * Upstream: takeByTopologyNUMADistributed in pkg/kubelet/cm/cpumanager/cpu_assignment.go.
 */
export const takeDistributed = (topology: CpuTopology, available: CpuSet, count: number, style: DistributionStyle): CpuSet | undefined => {
  const { groupSize } = style;
  const packed = (): CpuSet | undefined => takePacked(topology, available, count, style);
  if (count === 0 || count % groupSize !== 0 || count > available.length) return packed();
  const free = new Map(idsOf(topology, 'numaNode', available).map((node) => [node, cpusIn(topology, 'numaNode', [node], available)]));
  const nodes = [...free.keys()].sort((a, b) => (free.get(a)?.length ?? 0) - (free.get(b)?.length ?? 0) || a - b);
  const [least, most] = nodesNeeded(topology, nodes.length, count, groupSize);
  for (let size = least; size <= most; size += 1) {
    const best = bestDistribution(topology, free, combinations(nodes, size), count, style);
    if (best !== undefined) return takeBy(topology, free, best, count, style) ?? packed();
  }
  return packed();
};

const nodesNeeded = (topology: CpuTopology, availableNodes: number, count: number, groupSize: number): readonly [number, number] => {
  const groups = Math.ceil(topology.size / groupSize);
  const groupsPerNode = Math.ceil(groups / idsOf(topology, 'numaNode').length);
  const needed = Math.ceil(count / groupSize);
  return [Math.ceil(needed / groupsPerNode), Math.min(needed, availableNodes)];
};

const combinations = (items: readonly number[], size: number, from = 0): readonly (readonly number[])[] =>
  size === 0
    ? [[]]
    : items.slice(from).flatMap((item, index) => combinations(items, size - 1, from + index + 1).map((rest) => [item, ...rest]));

type FreeCpus = ReadonlyMap<number, CpuSet>;

const bestDistribution = (
  topology: CpuTopology,
  free: FreeCpus,
  candidates: readonly (readonly number[])[],
  count: number,
  style: DistributionStyle,
): Distribution | undefined => {
  let best: Distribution | undefined;
  for (const nodes of candidates) {
    const distribution = distributionOver(topology, free, nodes, count, style);
    if (distribution === undefined) continue;
    if (best === undefined || isBetter(distribution, best, style.alignBySocket)) best = distribution;
  }
  return best;
};

/** In one socket before across, when that counts; then the more balanced. */
const isBetter = (one: Distribution, other: Distribution, alignBySocket: boolean): boolean =>
  alignBySocket && one.inOneSocket !== other.inOneSocket ? one.inOneSocket : one.imbalance < other.imbalance;

const distributionOver = (
  topology: CpuTopology,
  free: FreeCpus,
  nodes: readonly number[],
  count: number,
  { groupSize, alignBySocket }: DistributionStyle,
): Distribution | undefined => {
  const freeOf = (node: number): number => free.get(node)?.length ?? 0;
  const wholeGroups = (cpus: number): number => Math.floor(cpus / groupSize) * groupSize;
  if (nodes.reduce((sum, node) => sum + wholeGroups(freeOf(node)), 0) < count) return undefined;
  const even = wholeGroups(Math.floor(count / nodes.length));
  const each = alignBySocket ? Math.min(even, ...nodes.map((node) => wholeGroups(freeOf(node)))) : even;
  if (nodes.some((node) => freeOf(node) < each)) return undefined;
  const left = new Map([...free.keys()].map((node) => [node, freeOf(node) - (nodes.includes(node) ? each : 0)]));
  const remainder = count - each * nodes.length;
  const extra =
    remainder === 0 ? { nodes: [], imbalance: deviation([...left.values()]) } : bestRemainder(left, nodes, remainder, groupSize);
  if (extra === undefined) return undefined;
  const inOneSocket = idsOf(topology, 'socket', cpusIn(topology, 'numaNode', nodes)).length === 1;
  return { nodes, each, extra: extra.nodes, imbalance: extra.imbalance, inOneSocket };
};

/** The nodes to draw what is left over from: as many as possible, then those that leave the machine most balanced. */
const bestRemainder = (
  left: ReadonlyMap<number, number>,
  nodes: readonly number[],
  remainder: number,
  groupSize: number,
): { readonly nodes: readonly number[]; readonly imbalance: number } | undefined => {
  const able = nodes.filter((node) => (left.get(node) ?? 0) >= groupSize);
  let best: { readonly nodes: readonly number[]; readonly imbalance: number } | undefined;
  for (let size = able.length; size >= 1; size -= 1) {
    for (const subset of combinations(able, size)) {
      const after = drawn(left, subset, remainder, groupSize);
      if (after === undefined) continue;
      const imbalance = deviation([...after.values()]);
      if (best === undefined || imbalance < best.imbalance) best = { nodes: subset, imbalance };
    }
  }
  return best;
};

/** What is left on each node after drawing groups from these in turn; undefined when they have too few. */
const drawn = (
  left: ReadonlyMap<number, number>,
  subset: readonly number[],
  remainder: number,
  groupSize: number,
): ReadonlyMap<number, number> | undefined => {
  const after = new Map(left);
  let rest = remainder;
  while (rest > 0) {
    const before = rest;
    for (const node of subset) {
      if (rest === 0 || (after.get(node) ?? 0) < groupSize) continue;
      after.set(node, (after.get(node) ?? 0) - groupSize);
      rest -= groupSize;
    }
    if (rest === before) return undefined;
  }
  return after;
};

/** Standard deviation to three decimals, as upstream compares it. */
const deviation = (values: readonly number[]): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Math.round(Math.sqrt(variance) * 1_000) / 1_000;
};

const takeBy = (topology: CpuTopology, free: FreeCpus, plan: Distribution, count: number, style: DistributionStyle): CpuSet | undefined => {
  const taken = new Map<number, CpuSet>();
  const takeFrom = (node: number, size: number): void => {
    const before = taken.get(node) ?? [];
    const more = takePacked(topology, withoutCpus(free.get(node) ?? [], before), size, { ...style, alignByUncoreCache: false }) ?? [];
    taken.set(node, unionCpus(before, more));
  };
  for (const node of plan.nodes) takeFrom(node, plan.each);
  for (let rest = count - plan.each * plan.nodes.length; rest > 0; ) {
    const before = rest;
    for (const node of plan.extra) {
      if (rest === 0 || (free.get(node)?.length ?? 0) - (taken.get(node)?.length ?? 0) < style.groupSize) continue;
      takeFrom(node, style.groupSize);
      rest -= style.groupSize;
    }
    if (rest === before) return undefined;
  }
  const result = cpuSet([...taken.values()].flat());
  return result.length === count ? result : undefined;
};
