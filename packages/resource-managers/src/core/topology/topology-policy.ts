import { hintLists, mergeHints } from './merge-hints.js';
import { countNodes, numaMask } from './numa-mask.js';
import type { NumaNodes } from './numa-nodes.js';
import { anyNode, type ResourceHints, type TopologyHint } from './topology-hint.js';

export type TopologyPolicyName = 'none' | 'best-effort' | 'restricted' | 'single-numa-node';

export interface TopologyPolicy {
  readonly name: TopologyPolicyName;
  readonly numa: NumaNodes;
  /** Policy option `prefer-closest-numa-nodes`. Default false. */
  readonly preferClosestNumaNodes?: boolean;
}

export interface TopologyDecision {
  readonly hint: TopologyHint;
  readonly admit: boolean;
}

/** Which NUMA nodes a request is to be met from, and whether that is good enough. Upstream: pkg/kubelet/cm/topologymanager/policy_*.go. */
export const decideTopology = (
  { name, numa, preferClosestNumaNodes = false }: TopologyPolicy,
  hints: readonly ResourceHints[],
): TopologyDecision => {
  if (name === 'none') return { hint: anyNode, admit: true };
  const lists = hintLists(hints);
  if (name === 'single-numa-node') {
    const hint = mergeHints(
      lists.map((list) => list.filter(isOfOneNode)),
      { numa, preferClosest: false },
    );
    // All nodes together are no single one: with every resource indifferent there is nothing to align.
    const affinity = hint.affinity === numaMask(numa.nodes) ? undefined : hint.affinity;
    return { hint: { affinity, preferred: hint.preferred }, admit: hint.preferred };
  }
  const hint = mergeHints(lists, { numa, preferClosest: preferClosestNumaNodes });
  return { hint, admit: name === 'best-effort' || hint.preferred };
};

const isOfOneNode = ({ affinity, preferred }: TopologyHint): boolean => preferred && (affinity === undefined || countNodes(affinity) === 1);
