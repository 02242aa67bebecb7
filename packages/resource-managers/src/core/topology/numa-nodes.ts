import { countNodes, isNarrower, type NumaMask, nodesOf } from './numa-mask.js';

/** The machine's NUMA nodes. */
export interface NumaNodes {
  /** Node numbers, ascending. */
  readonly nodes: readonly number[];
  /** Distances from a node to each of `nodes`, as in /sys/devices/system/node/node<N>/distance. */
  readonly distances: ReadonlyMap<number, readonly number[]>;
}

/** The set with fewer nodes, or with the lower ones. */
export const narrowest = (left: NumaMask, right: NumaMask): NumaMask => (isNarrower(left, right) ? left : right);

/** Of sets of one size the one whose nodes are nearer to each other. Upstream: NUMAInfo.Closest in pkg/kubelet/cm/topologymanager/numa_info.go. */
export const closest = (numa: NumaNodes, left: NumaMask, right: NumaMask): NumaMask => {
  if (countNodes(left) !== countNodes(right)) return narrowest(left, right);
  const difference = averageDistance(numa, left) - averageDistance(numa, right);
  return difference === 0 ? (left < right ? left : right) : difference < 0 ? left : right;
};

/** Over all pairs of nodes, each with itself too. */
const averageDistance = ({ nodes, distances }: NumaNodes, mask: NumaMask): number => {
  const members = nodesOf(mask);
  const all = members.flatMap((from) => members.map((to) => distances.get(from)?.[nodes.indexOf(to)] ?? 0));
  return all.length === 0 ? 0 : all.reduce((sum, distance) => sum + distance, 0) / all.length;
};
