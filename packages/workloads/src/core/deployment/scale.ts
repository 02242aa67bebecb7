import { type DeploymentStrategy, usedFenceposts } from './fenceposts.js';
import { byAge, isActive, type ReplicaSetSize, sumOf } from './replica-set-size.js';

export interface ScaleQuestion {
  readonly replicas: number;
  readonly strategy: DeploymentStrategy;
  readonly newSet?: ReplicaSetSize;
  readonly oldSets: readonly ReplicaSetSize[];
  /** `status.replicas` of the Deployment: what a set without the annotation `max-replicas` is measured by. */
  readonly statusReplicas: number;
}

/** The sizes of all ReplicaSets after the Deployment's `replicas` was changed, in mid-rollout in proportion (sync.go scale). */
export const scaledSizes = ({ replicas, strategy, newSet, oldSets, statusReplicas }: ScaleQuestion): ReadonlyMap<string, number> => {
  const all = newSet === undefined ? oldSets : [...oldSets, newSet];
  const sizes = new Map(all.map((set) => [set.name, set.replicas]));
  const only = activeOrNewest(newSet, oldSets);
  if (only !== undefined) return sizes.set(only.name, replicas);
  if (newSet !== undefined && isSaturated(newSet, replicas)) {
    for (const set of oldSets) sizes.set(set.name, 0);
    return sizes;
  }
  if (strategy.type !== 'RollingUpdate') return sizes;
  const active = all.filter(isActive);
  const maxReplicas = replicas > 0 ? replicas + usedFenceposts(strategy, replicas).surge : 0;
  const toAdd = maxReplicas - sumOf(active, 'replicas');
  if (toAdd === 0 || active.length === 0) return sizes;
  // The largest first; of two that are equal the newer one grows first and the older one shrinks first.
  const sorted = active.toSorted((a, b) => b.replicas - a.replicas || (toAdd > 0 ? byAge(b, a) : byAge(a, b)));
  let added = 0;
  for (const set of sorted) {
    const share = replicas === 0 ? -set.replicas : shareOf(set, maxReplicas, statusReplicas);
    const left = toAdd - added;
    const change = left === 0 ? 0 : toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
    sizes.set(set.name, set.replicas + change);
    added += change;
  }
  const largest = sorted[0]!;
  return sizes.set(largest.name, Math.max(sizes.get(largest.name)! + toAdd - added, 0));
};

/** The one active ReplicaSet, or the newest if none is; undefined if there are several. */
const activeOrNewest = (newSet: ReplicaSetSize | undefined, oldSets: readonly ReplicaSetSize[]): ReplicaSetSize | undefined => {
  const active = [...oldSets, ...(newSet === undefined ? [] : [newSet])].filter(isActive);
  return active.length === 0 ? (newSet ?? oldSets.toSorted(byAge).at(-1)) : active.length === 1 ? active[0] : undefined;
};

const isSaturated = ({ replicas, desired, available }: ReplicaSetSize, wanted: number): boolean =>
  replicas === wanted && desired === wanted && available === wanted;

/** By how much a ReplicaSet would grow or shrink with the whole; rounded half away from zero. */
const shareOf = ({ replicas, max }: ReplicaSetSize, maxReplicas: number, statusReplicas: number): number => {
  const before = max || statusReplicas;
  if (before === 0) return 0;
  const size = Math.imul(replicas, maxReplicas) / before;
  return Math.trunc(size < 0 ? size - 0.5 : size + 0.5) - replicas;
};
