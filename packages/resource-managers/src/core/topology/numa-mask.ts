/** A set of NUMA nodes, one bit each. Make it with `numaMask`. */
export type NumaMask = bigint & { readonly __brand: 'NumaMask' };

export const numaMask = (nodes: Iterable<number>): NumaMask =>
  [...nodes].reduce((mask, node) => mask | (1n << BigInt(node)), 0n) as NumaMask;

/** Node numbers, ascending. */
export const nodesOf = (mask: NumaMask): readonly number[] => {
  const nodes: number[] = [];
  for (let rest: bigint = mask, node = 0; rest > 0n; rest >>= 1n, node += 1) if (rest & 1n) nodes.push(node);
  return nodes;
};

export const countNodes = (mask: NumaMask): number => nodesOf(mask).length;

export const intersectMasks = (left: NumaMask, right: NumaMask): NumaMask => (left & right) as NumaMask;

/** Fewer nodes, or as many with lower numbers. Upstream: IsNarrowerThan in pkg/kubelet/cm/topologymanager/bitmask. */
export const isNarrower = (left: NumaMask, right: NumaMask): boolean => {
  const difference = countNodes(left) - countNodes(right);
  return difference === 0 ? left < right : difference < 0;
};

/** Every set of at least one of these nodes: smaller sets first, sets of one size with lower numbers first. Upstream: IterateBitMasks. */
export const everyMask = (nodes: readonly number[]): readonly NumaMask[] => {
  const ascending = [...nodes].sort((a, b) => a - b);
  const ofSize = (size: number, from: number): readonly (readonly number[])[] =>
    size === 0 ? [[]] : ascending.slice(from).flatMap((node, index) => ofSize(size - 1, from + index + 1).map((rest) => [node, ...rest]));
  return ascending.flatMap((_, index) => ofSize(index + 1, 0).map(numaMask));
};
