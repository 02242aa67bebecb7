import { type LabelRequirements, matchesLabels } from '@solo-kubelet/selectors';
import type { EndpointPod } from './endpoint-pod.js';
import { isPeer, type PolicyDirection, type PolicyPeer, type PolicyRule, type PolicySet, type ReadPolicy } from './network-policy.js';
import { createPodIndex, type PodIndex } from './pod-index.js';

/** Of all policies of a node: peers that are compared with a Pod. */
export const MOST_COMPARISONS = 1_000_000;
/** Of all policies of a node: lines of rules and elements of sets. */
export const MOST_ENTRIES = 200_000;

/** Policies as they are enforced. Those with more rules than there is room for isolate their Pods and allow nothing. */
export interface PoliciesInForce extends PolicySet {
  /** Keys of policies whose rules do not count. */
  readonly leftOut: ReadonlySet<string>;
  /** The Pods that a direction isolates, by the policies that do so; those of the host's network are not among them. */
  readonly isolated: Readonly<Record<PolicyDirection, readonly IsolatedPods[]>>;
  /** The Pods that selectors of a rule find: the same list where two rules find the same; none for a rule without peers. */
  readonly peersOf: ReadonlyMap<PolicyRule, readonly EndpointPod[]>;
}

export interface IsolatedPods {
  readonly pods: readonly EndpointPod[];
  readonly policies: readonly ReadPolicy[];
}

/**
 * What of the policies there is room for in the kernel, small policies before large ones, so that nobody's large one costs another its rules. A few hundred KiB
 * of manifests can name peers, ports and Pods whose products are hundreds of millions.
 */
export const policiesInForce = (set: PolicySet, pods: readonly EndpointPod[]): PoliciesInForce => {
  const selectable = pods.filter(({ hostNetwork }) => !hostNetwork);
  const index = createPodIndex(selectable);
  const selected = selectedPods(set, selectable, index);
  const isolated = { Ingress: groupsOf(selected, 'Ingress'), Egress: groupsOf(selected, 'Egress') };
  const chains = { Ingress: chainsOf(isolated.Ingress), Egress: chainsOf(isolated.Egress) };
  const peers = createPeerFinder(set, selectable, index);
  const peersOf = new Map<PolicyRule, readonly EndpointPod[]>();
  const leftOut = new Set<string>();
  let entries = 0;
  const fits = (policy: ReadPolicy): boolean => {
    let sum = entries;
    for (const rule of policy.rules) {
      const count = chains[rule.direction].get(policy);
      // It selects nobody here.
      if (count === undefined) continue;
      const named = rule.ports.filter(({ port }) => typeof port === 'string').length;
      const lines = rule.ports.length === 0 ? 1 : MOST_LINES_OF_RULE;
      sum += sizeOfRule(rule) + lines * (rule.direction === 'Ingress' && named > 0 ? count.pods.length : count.groups);
      if (sum > MOST_ENTRIES) return false;
      const found = peers.find(rule);
      if (found === undefined) return false;
      if (rule.peers.length > 0) peersOf.set(rule, found.pods);
      sum += found.isNew ? found.pods.length : 0;
      if (named > 0) for (const { ports } of rule.direction === 'Ingress' ? count.pods : selectable) sum += Math.min(named, ports.length);
      if (sum > MOST_ENTRIES) return false;
    }
    entries = sum;
    return true;
  };
  const sized = set.policies.map((policy) => ({ policy, size: policy.rules.reduce((sum, rule) => sum + sizeOfRule(rule), 0) }));
  for (const { policy } of sized.sort((a, b) => a.size - b.size || (a.policy.key < b.policy.key ? -1 : 1)))
    if (!fits(policy)) leftOut.add(policy.key);
  return { ...withoutRules(set, leftOut), leftOut, isolated, peersOf };
};

/** The protocols of Kubernetes, and names of ports in egress. */
const MOST_LINES_OF_RULE = 4;

const withoutRules = (set: PolicySet, leftOut: ReadonlySet<string>): PolicySet =>
  leftOut.size === 0
    ? set
    : { ...set, policies: set.policies.map((policy) => (leftOut.has(policy.key) ? { ...policy, rules: [], isTooLarge: true } : policy)) };

/** As its manifest says it. */
const sizeOfRule = ({ peers, ports }: PolicyRule): number =>
  1 + ports.length + peers.reduce((sum, peer) => sum + 1 + (peer.type === 'block' ? peer.except.length : 0), 0);

interface SelectedPod {
  readonly pod: EndpointPod;
  readonly policies: readonly ReadPolicy[];
}

/** Pods that some policy selects, in their order. */
const selectedPods = ({ policies }: PolicySet, pods: readonly EndpointPod[], index: PodIndex): readonly SelectedPod[] => {
  const byPod = new Map<EndpointPod, ReadPolicy[]>();
  for (const policy of policies) {
    for (const pod of index.candidates(policy.namespace, policy.pods)) {
      if (!matchesLabels(policy.pods, pod.labels)) continue;
      const found = byPod.get(pod);
      if (found === undefined) byPod.set(pod, [policy]);
      else found.push(policy);
    }
  }
  return pods.flatMap((pod) => {
    const found = byPod.get(pod);
    return found === undefined ? [] : [{ pod, policies: found }];
  });
};

const groupsOf = (selected: readonly SelectedPod[], direction: PolicyDirection): readonly IsolatedPods[] => {
  const groups = new Map<string, { readonly pods: EndpointPod[]; readonly policies: readonly ReadPolicy[] }>();
  const ids = new Map<ReadPolicy, number>();
  for (const { pod, policies } of selected) {
    const isolating = policies.filter(({ isolates }) => isolates.has(direction));
    if (isolating.length === 0) continue;
    const key = isolating
      .map((policy) => {
        const id = ids.get(policy) ?? ids.size;
        ids.set(policy, id);
        return id;
      })
      .join();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { pods: [pod], policies: isolating });
    else group.pods.push(pod);
  }
  return [...groups.values()];
};

interface ChainCount {
  groups: number;
  readonly pods: EndpointPod[];
}

const chainsOf = (groups: readonly IsolatedPods[]): ReadonlyMap<ReadPolicy, ChainCount> => {
  const counts = new Map<ReadPolicy, ChainCount>();
  for (const { pods, policies } of groups) {
    for (const policy of policies) {
      const count = counts.get(policy) ?? { groups: 0, pods: [] };
      count.groups++;
      for (const pod of pods) count.pods.push(pod);
      counts.set(policy, count);
    }
  }
  return counts;
};

interface FoundPeers {
  readonly pods: readonly EndpointPod[];
  /** No rule before found just these. */
  readonly isNew: boolean;
}

/** Of labels. */
const EVERYBODY: LabelRequirements = [];

/** Finds the Pods of rules; nothing any more once too much was compared. */
const createPeerFinder = ({ namespaces }: PolicySet, pods: readonly EndpointPod[], index: PodIndex) => {
  const everybody = { pods, isNew: false };
  const ids = new Map(pods.map((pod, i) => [pod, i]));
  const known = new Map<string, readonly EndpointPod[]>();
  const lists = new Map<string, readonly EndpointPod[]>();
  let left = MOST_COMPARISONS;

  const podsOf = (peer: Extract<PolicyPeer, { type: 'pods' }>): readonly EndpointPod[] => {
    const key = JSON.stringify([peer.namespace, peer.pods === undefined ? 'all' : peer.pods]);
    const before = known.get(key);
    if (before !== undefined) return before;
    const found: EndpointPod[] = [];
    for (const namespace of typeof peer.namespace === 'string' ? [peer.namespace] : index.namespaces) {
      const candidates = index.candidates(namespace, peer.pods === undefined ? EVERYBODY : peer.pods);
      left -= candidates.length + 1;
      // All of a namespace are in it, or none.
      if (candidates.length === 0 || !isPeer({ ...peer, pods: undefined }, candidates[0]!, namespaces)) continue;
      for (const pod of candidates) if (isPeer(peer, pod, namespaces)) found.push(pod);
    }
    known.set(key, found);
    return found;
  };

  return {
    find: ({ peers }: PolicyRule): FoundPeers | undefined => {
      if (peers.length === 0) return everybody;
      const found = new Set<EndpointPod>();
      for (const peer of peers) {
        if (left < 0) return undefined;
        if (peer.type === 'block') continue;
        const some = podsOf(peer);
        left -= some.length + 1;
        for (const pod of some) found.add(pod);
      }
      const sorted = [...found].sort((a, b) => ids.get(a)! - ids.get(b)!);
      const key = sorted.map((pod) => ids.get(pod)).join();
      const same = lists.get(key);
      if (same === undefined) lists.set(key, sorted);
      return { pods: same ?? sorted, isNew: same === undefined };
    },
  };
};
