import { type ProbeTarget, targetKey } from '../probe-target.js';

export type TargetChange =
  /** The target as it is now. `poke`: something about its Pod changed. */
  | { readonly type: 'set'; readonly key: string; readonly target: ProbeTarget; readonly poke: boolean }
  | { readonly type: 'end'; readonly key: string; readonly target: ProbeTarget };

/** From one list of targets to the next, Pod by Pod: targets of Pods that did not change at all are left out. */
export const diffTargets = (
  before: ReadonlyMap<string, ProbeTarget>,
  targets: readonly ProbeTarget[],
): { readonly now: ReadonlyMap<string, ProbeTarget>; readonly changes: readonly TargetChange[] } => {
  const now = new Map(targets.map((target) => [targetKey(target), target]));
  const ended = [...before].filter(([key]) => !now.has(key));
  const changedPods = new Set(ended.map(([, target]) => target.podUid));
  for (const [key, target] of now) {
    const old = before.get(key);
    if (old !== target && (old === undefined || JSON.stringify(old, plain) !== JSON.stringify(target, plain)))
      changedPods.add(target.podUid);
  }
  const set = [...now].filter(([, target]) => changedPods.has(target.podUid));
  return {
    now,
    changes: [
      ...ended.map(([key, target]): TargetChange => ({ type: 'end', key, target })),
      ...set.map(([key, target]): TargetChange => ({ type: 'set', key, target, poke: before.has(key) })),
    ],
  };
};

const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);
