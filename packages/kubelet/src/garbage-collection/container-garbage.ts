import type { ObservedContainer, ObservedPod, PodUid } from '@solo-kubelet/reconciler';

export interface GarbagePolicy {
  /** Dead containers kept of each name. Default 1 (`--maximum-dead-containers-per-container`). */
  readonly maxPerContainer: number;
  /** Dead containers kept in all; negative: any number. Default -1 (`--maximum-dead-containers`). */
  readonly maxInAll: number;
  /** Age since creation, or since it was first seen, under which nothing is collected, ms. Default 0 (`--minimum-container-ttl-duration`). */
  readonly minAgeMs: number;
}

export const DEFAULT_GARBAGE_POLICY: GarbagePolicy = { maxPerContainer: 1, maxInAll: -1, minAgeMs: 0 };

export interface Garbage {
  readonly containerIds: readonly string[];
  /** Sandboxes that are not ready, hold no container and have a successor. */
  readonly podSandboxIds: readonly string[];
}

/**
 * What a pod that stays has too much of: old dead containers and the sandboxes they leave behind. Of pods in `ended` no dead container is kept, and nowhere one
 * that was never started and has a successor: it tells nothing, and of a start that was cut short with its runtime a process may be left that waits for ever.
 * Upstream: kuberuntime_gc.go.
 */
export const selectGarbage = (
  pods: Iterable<ObservedPod>,
  policy: GarbagePolicy,
  ageMs: (container: ObservedContainer) => number,
  ended: ReadonlySet<PodUid> = new Set(),
): Garbage => {
  const groups: (readonly ObservedContainer[])[] = [];
  const ofEnded: ObservedContainer[] = [];
  const givenUp: ObservedContainer[] = [];
  const podSandboxIds: string[] = [];
  for (const pod of pods) {
    const names = new Set(pod.containers.map(({ name }) => name));
    if (ended.has(pod.uid)) ofEnded.push(...pod.containers.filter((one) => isDead(one, policy, ageMs(one))));
    else
      for (const name of names) {
        const instances = pod.containers.filter((one) => one.name === name);
        const ran = instances.findIndex(({ state }) => state === 'running' || state === 'exited');
        const unstarted = ran < 0 ? [] : instances.slice(ran + 1).filter(({ state }) => state === 'created');
        givenUp.push(...unstarted);
        groups.push(instances.filter((one) => !unstarted.includes(one) && isDead(one, policy, ageMs(one))));
      }
    const empty = pod.sandboxes.filter(
      (sandbox, index) => index > 0 && sandbox.state === 'notReady' && !pod.containers.some(({ sandboxId }) => sandboxId === sandbox.id),
    );
    podSandboxIds.push(...empty.map(({ id }) => id));
  }
  const surplus = groups.flatMap((group) => group.slice(Math.max(0, policy.maxPerContainer)));
  const kept = groups.map((group) => group.slice(0, Math.max(0, policy.maxPerContainer)));
  return { containerIds: [...ofEnded, ...givenUp, ...surplus, ...beyondTotal(kept, policy, ageMs)].map(({ id }) => id), podSandboxIds };
};

/** A container that was created and never started is garbage when it is older than any start takes, ms. */
const CREATED_TTL_MS = 600_000;

const isDead = ({ state }: ObservedContainer, { minAgeMs }: GarbagePolicy, ageMs: number): boolean =>
  (state === 'exited' && ageMs >= minAgeMs) || (state === 'created' && ageMs >= Math.max(minAgeMs, CREATED_TTL_MS));

/** Over the limit for all: an equal share for each name, at least one, then the oldest go. */
const beyondTotal = (
  groups: readonly (readonly ObservedContainer[])[],
  { maxInAll }: GarbagePolicy,
  ageMs: (container: ObservedContainer) => number,
): readonly ObservedContainer[] => {
  const total = groups.reduce((sum, group) => sum + group.length, 0);
  if (maxInAll < 0 || total <= maxInAll) return [];
  const filled = groups.filter((group) => group.length > 0);
  const share = Math.max(1, Math.floor(maxInAll / Math.max(1, filled.length)));
  const overShare = filled.flatMap((group) => group.slice(share));
  const rest = filled.flatMap((group) => group.slice(0, share)).sort((a, b) => ageMs(a) - ageMs(b));
  return [...overShare, ...rest.slice(maxInAll)];
};
