import { type IntOrPercent, scaledValue } from '../int-or-percent.js';
import type { Result } from '../result.js';
import { type DeploymentStrategy, usedFenceposts } from './fenceposts.js';
import { byAge, isActive, type ReplicaSetSize, sumOf } from './replica-set-size.js';

/** The size that the new ReplicaSet may have now (deployment_util.go NewRSNewReplicas). */
export const newReplicaSetSize = (
  strategy: DeploymentStrategy,
  replicas: number,
  newSet: Pick<ReplicaSetSize, 'replicas'>,
  oldSets: readonly Pick<ReplicaSetSize, 'replicas'>[],
): Result<number> => {
  if (strategy.type === 'Recreate') return { ok: true, value: replicas };
  const surge = scaledValue(strategy.maxSurge, replicas, true);
  if (!surge.ok) return surge;
  const current = oldSets.reduce((sum, set) => sum + set.replicas, newSet.replicas);
  const room = replicas + surge.value - current;
  return { ok: true, value: room <= 0 ? newSet.replicas : newSet.replicas + Math.min(room, replicas - newSet.replicas) };
};

export interface RollingStep {
  /** Which ReplicaSets were scaled. */
  readonly step: 'new' | 'old' | 'none';
  readonly sizes: ReadonlyMap<string, number>;
}

export interface RollingQuestion {
  readonly replicas: number;
  readonly maxSurge?: IntOrPercent | null;
  readonly maxUnavailable?: IntOrPercent | null;
  readonly newSet: ReplicaSetSize;
  readonly oldSets: readonly ReplicaSetSize[];
}

/** One pass of a rolling update: the new ReplicaSet grows, or else old ones shrink (rolling.go rolloutRolling). */
export const rollingStep = ({ replicas, maxSurge, maxUnavailable, newSet, oldSets }: RollingQuestion): Result<RollingStep> => {
  const sizes = new Map([...oldSets, newSet].map((set) => [set.name, set.replicas]));
  const strategy: DeploymentStrategy = { type: 'RollingUpdate', maxSurge, maxUnavailable };
  if (newSet.replicas !== replicas) {
    const size: Result<number> =
      newSet.replicas > replicas ? { ok: true, value: replicas } : newReplicaSetSize(strategy, replicas, newSet, oldSets);
    if (!size.ok) return size;
    if (size.value !== newSet.replicas) return { ok: true, value: { step: 'new', sizes: sizes.set(newSet.name, size.value) } };
  }
  const minAvailable = replicas - usedFenceposts(strategy, replicas).unavailable;
  const removable = sumOf([...oldSets, newSet], 'replicas') - minAvailable - (newSet.replicas - newSet.available);
  const shrinking = oldSets.filter(isActive).toSorted(byAge);
  if (shrinking.length === 0 || removable <= 0) return { ok: true, value: { step: 'none', sizes } };
  const surplus = Math.max(sumOf([...shrinking, newSet], 'available') - minAvailable, 0);
  const unavailable = removeUnavailable(shrinking, removable, sizes);
  // Upstream ends the pass with an error that it keeps to itself when a set has more available Pods than it should have.
  if (unavailable === undefined) return { ok: true, value: { step: 'none', sizes } };
  const removed = unavailable + removeAny(shrinking, surplus, sizes);
  return { ok: true, value: { step: removed > 0 ? 'old' : 'none', sizes } };
};

/** Takes away Pods that do not serve: nobody misses them. Answers how many; undefined if a set has not come down to its size yet. */
const removeUnavailable = (sets: readonly ReplicaSetSize[], atMost: number, sizes: Map<string, number>): number | undefined => {
  let removed = 0;
  for (const { name, replicas, available } of sets) {
    if (removed >= atMost) break;
    if (available > replicas) return undefined;
    const count = Math.min(atMost - removed, replicas - available);
    sizes.set(name, replicas - count);
    removed += count;
  }
  return removed;
};

/** Takes away Pods that may serve, as many as are not needed. Answers how many. */
const removeAny = (sets: readonly ReplicaSetSize[], atMost: number, sizes: Map<string, number>): number => {
  let removed = 0;
  for (const { name } of sets) {
    const size = sizes.get(name)!;
    const count = Math.min(size, atMost - removed);
    sizes.set(name, size - count);
    removed += count;
  }
  return removed;
};
