import { countNodes, intersectMasks, type NumaMask, nodesOf, numaMask } from './numa-mask.js';
import { closest, type NumaNodes, narrowest } from './numa-nodes.js';
import { anyNode, type ResourceHints, type TopologyHint } from './topology-hint.js';

/** One list a resource; a provider without wishes counts as one that takes any node. Upstream: filterProvidersHints. */
export const hintLists = (byProvider: readonly ResourceHints[]): readonly (readonly TopologyHint[])[] =>
  byProvider.flatMap((hints) => {
    const lists = Object.values(hints).map((list) => {
      if (list === undefined) return [anyNode];
      return list.length === 0 ? [{ affinity: undefined, preferred: false }] : list;
    });
    return lists.length === 0 ? [[anyNode]] : lists;
  });

interface MergedHint {
  readonly affinity: NumaMask;
  readonly preferred: boolean;
}

/** Picks the better of two sets that are alike otherwise. */
type Chooser = (current: NumaMask, candidate: NumaMask) => NumaMask;

export interface MergeOptions {
  readonly numa: NumaNodes;
  /** Near nodes rather than low numbers among sets of one size (`prefer-closest-numa-nodes`). */
  readonly preferClosest: boolean;
}

/** The one set of nodes on which all resources agree best. Upstream: HintMerger in pkg/kubelet/cm/topologymanager/policy.go. */
export const mergeHints = (lists: readonly (readonly TopologyHint[])[], { numa, preferClosest }: MergeOptions): MergedHint => {
  const all = numaMask(numa.nodes);
  const choose: Chooser = preferClosest ? (left, right) => closest(numa, left, right) : narrowest;
  const enough = mostOfLeast(lists);
  let best: MergedHint | undefined;
  eachCombination(lists, (combination) => {
    best = better(best, combine(all, combination), enough, choose);
  });
  return best ?? { affinity: all, preferred: false };
};

const eachCombination = (lists: readonly (readonly TopologyHint[])[], visit: (combination: readonly TopologyHint[]) => void): void => {
  const combination: TopologyHint[] = [];
  const step = (index: number): void => {
    const list = lists[index];
    if (list === undefined) visit(combination);
    for (const hint of list ?? []) {
      combination[index] = hint;
      step(index + 1);
    }
  };
  step(0);
};

/** Preferred only if every hint is, and all that name nodes name the same. */
const combine = (all: NumaMask, hints: readonly TopologyHint[]): MergedHint => {
  const masks = hints.flatMap(({ affinity }) => (affinity === undefined ? [] : [affinity]));
  return {
    affinity: masks.reduce(intersectMasks, all),
    preferred: hints.every(({ preferred }) => preferred) && masks.every((mask) => mask === masks[0]),
  };
};

/** How many nodes the most demanding resource needs at least. */
const mostOfLeast = (lists: readonly (readonly TopologyHint[])[]): number =>
  Math.max(
    0,
    ...lists.map((list) => {
      const counts = list.flatMap(({ affinity }) => (affinity === undefined ? [] : [countNodes(affinity)]));
      return counts.length === 0 ? 0 : Math.min(...counts);
    }),
  );

/** Preferred before not preferred; among those not preferred, the number of nodes nearest to what the most demanding resource needs. */
const better = (current: MergedHint | undefined, candidate: MergedHint, enough: number, choose: Chooser): MergedHint | undefined => {
  if (nodesOf(candidate.affinity).length === 0) return current;
  if (current === undefined) return candidate;
  if (current.preferred !== candidate.preferred) return current.preferred ? current : candidate;
  const chosen = (): MergedHint =>
    candidate.affinity === current.affinity || choose(current.affinity, candidate.affinity) === current.affinity ? current : candidate;
  if (current.preferred) return chosen();
  const [now, then] = [countNodes(current.affinity), countNodes(candidate.affinity)];
  if (now > enough) return chosen();
  if (now === enough) return then === enough ? chosen() : current;
  if (then > enough) return current;
  return then === now ? chosen() : then > now ? candidate : current;
};
