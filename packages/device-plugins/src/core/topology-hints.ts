import type { Device } from './device.js';

/** A set of NUMA nodes from which a request could be served. */
export interface TopologyHint {
  /** In ascending order. */
  readonly numaNodes: readonly number[];
  /** No smaller set could ever serve the request. */
  readonly preferred: boolean;
}

export interface TopologyHintsRequest {
  readonly count: number;
  /** All devices of the resource. */
  readonly known: ReadonlyMap<string, Device>;
  /** The devices that may be chosen from. */
  readonly available: readonly string[];
  /** The devices that will be taken first; a set that has none of their nodes is no hint. */
  readonly reusable: readonly string[];
  /** NUMA nodes of the machine. */
  readonly numaNodes: readonly number[];
}

/** Hints of one resource; undefined: its devices are close to no node, so any will do. Upstream: topology_hints.go of the device manager. */
export const topologyHints = ({
  count,
  known,
  available,
  reusable,
  numaNodes,
}: TopologyHintsRequest): readonly TopologyHint[] | undefined => {
  const nodesOf = (id: string): readonly number[] => known.get(id)?.numaNodes ?? [];
  if (![...known.keys()].some((id) => nodesOf(id).length > 0)) return undefined;
  const fresh = available.filter((id) => !reusable.includes(id));
  const sets = subsets(numaNodes);
  const within = (ids: Iterable<string>, set: readonly number[]): number =>
    [...ids].filter((id) => nodesOf(id).some((node) => set.includes(node))).length;
  const smallest = Math.min(numaNodes.length, ...sets.filter((set) => within(known.keys(), set) >= count).map((set) => set.length));
  const placed = reusable.filter((id) => nodesOf(id).length > 0);
  return sets
    .filter((set) => within(placed, set) === placed.length && placed.length + within(fresh, set) >= count)
    .map((set) => ({ numaNodes: set, preferred: set.length === smallest }));
};

/** Every set but the empty one, smaller ones first. */
const subsets = (nodes: readonly number[]): readonly (readonly number[])[] => {
  const sorted = [...nodes].sort((a, b) => a - b);
  const all = Array.from({ length: 2 ** sorted.length - 1 }, (_, index) => sorted.filter((_node, bit) => ((index + 1) >> bit) & 1));
  return all.sort((a, b) => a.length - b.length);
};
