import type { PodUid } from './pod-identity.js';

/** UIDs by `namespace/name`, in the order of the pods. */
export type PodsByName = ReadonlyMap<string, readonly PodUid[]>;

/** Groups pods by name, once for each map of them: every change of the world asks this of every pod. */
export const podsByName = <V>(nameOf: (value: V) => string): ((pods: ReadonlyMap<PodUid, V>) => PodsByName) => {
  const known = new WeakMap<ReadonlyMap<PodUid, V>, PodsByName>();
  return (pods) => {
    const before = known.get(pods);
    if (before !== undefined) return before;
    const groups = new Map<string, PodUid[]>();
    for (const [uid, value] of pods) {
      const name = nameOf(value);
      const group = groups.get(name);
      if (group === undefined) groups.set(name, [uid]);
      else group.push(uid);
    }
    known.set(pods, groups);
    return groups;
  };
};
