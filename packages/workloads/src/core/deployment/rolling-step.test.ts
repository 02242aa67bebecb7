import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minAvailable, resolveFenceposts, usedFenceposts } from './fenceposts.js';
import type { ReplicaSetSize } from './replica-set-size.js';
import { newReplicaSetSize, rollingStep } from './rolling-step.js';

const set = (name: string, replicas: number, available: number, createdMs = 0): ReplicaSetSize => ({
  name,
  replicas,
  available,
  createdMs,
});

const step = (replicas: number, surge: number, unavailable: number, newSet: ReplicaSetSize, ...oldSets: ReplicaSetSize[]): string => {
  const result = rollingStep({ replicas, maxSurge: surge, maxUnavailable: unavailable, newSet, oldSets });
  if (!result.ok) throw new Error(result.error);
  return `${result.value.step}: ${[...result.value.sizes].map(([name, size]) => `${name}=${size}`).join(' ')}`;
};

describe('fenceposts', () => {
  it.each([
    [1, '25%', '25%', { surge: 1, unavailable: 0 }],
    [4, '25%', '25%', { surge: 1, unavailable: 1 }],
    [10, '25%', '25%', { surge: 3, unavailable: 2 }],
    [3, 0, '10%', { surge: 0, unavailable: 1 }],
    [3, undefined, undefined, { surge: 0, unavailable: 1 }],
  ])('of %i replicas, %s and %s', (replicas, surge, unavailable, expected) => {
    expect(resolveFenceposts(surge, unavailable, replicas)).toEqual({ ok: true, value: expected });
  });

  it('are not in the way of a Recreate, and no more may be unavailable than there are', () => {
    expect(usedFenceposts({ type: 'Recreate', maxSurge: 1, maxUnavailable: 1 }, 3)).toEqual({ surge: 0, unavailable: 0 });
    expect(usedFenceposts({ type: 'RollingUpdate', maxSurge: 0, maxUnavailable: 5 }, 3)).toEqual({ surge: 0, unavailable: 3 });
    expect(minAvailable({ type: 'RollingUpdate', maxSurge: '25%', maxUnavailable: '25%' }, 10)).toBe(8);
  });
});

describe('rollingStep', () => {
  it('grows the new ReplicaSet first, as far as the surge allows', () => {
    expect(step(3, 1, 0, set('new', 0, 0), set('old', 3, 3))).toBe('new: old=3 new=1');
    expect(step(3, 1, 0, set('new', 1, 0), set('old', 3, 3))).toBe('none: old=3 new=1');
    expect(step(3, 1, 0, set('new', 1, 1), set('old', 3, 3))).toBe('old: old=2 new=1');
  });

  it('takes old Pods that do not serve first, of the oldest set', () => {
    expect(step(4, 1, 1, set('new', 1, 0), set('a', 2, 0, 1), set('b', 2, 2, 2))).toBe('old: a=1 b=2 new=1');
    expect(step(2, 1, 1, set('new', 2, 2), set('b', 2, 2, 2), set('a', 1, 1, 1))).toBe('old: b=0 a=0 new=2');
  });

  it('shrinks a new ReplicaSet that is too large', () => {
    expect(step(2, 1, 0, set('new', 5, 5), set('old', 1, 1))).toBe('new: old=1 new=2');
  });

  it('waits for an old ReplicaSet to come down to its size', () => {
    expect(step(3, 1, 0, set('new', 2, 2), set('old', 2, 3))).toBe('none: old=2 new=2');
  });

  it('sizes the new ReplicaSet of a Recreate at once', () => {
    expect(newReplicaSetSize({ type: 'Recreate' }, 3, set('new', 0, 0), [set('old', 3, 3)])).toEqual({ ok: true, value: 3 });
  });

  it('never asks for more than replicas and surge, nor for fewer than must be available', () => {
    const size = fc.nat({ max: 8 });
    const setOf = (name: string) =>
      fc.tuple(size, size, size).map(([n, missing, created]) => set(name, n, Math.max(n - missing, 0), created));
    fc.assert(
      fc.property(
        size,
        size,
        size,
        setOf('new'),
        fc.array(setOf('old'), { maxLength: 3 }),
        (replicas, maxSurge, maxUnavailable, newSet, olds) => {
          const oldSets = olds.map((old, i) => ({ ...old, name: `old${i}` }));
          const result = rollingStep({ replicas, maxSurge, maxUnavailable, newSet, oldSets });
          if (!result.ok) throw new Error(result.error);
          const { sizes } = result.value;
          const all = [...oldSets, newSet];
          const before = all.reduce((sum, { replicas: n }) => sum + n, 0);
          const after = [...sizes.values()].reduce((sum, n) => sum + n, 0);
          expect(after).toBeLessThanOrEqual(
            Math.max(before, replicas + usedFenceposts({ type: 'RollingUpdate', maxSurge, maxUnavailable }, replicas).surge),
          );
          // Pods that do not serve go first, so that so many are left.
          const serving = all.reduce((sum, { name, available }) => sum + Math.min(available, sizes.get(name)!), 0);
          const had = all.reduce((sum, { available }) => sum + available, 0);
          const must = minAvailable({ type: 'RollingUpdate', maxSurge, maxUnavailable }, replicas);
          if (newSet.replicas <= replicas) expect(serving).toBeGreaterThanOrEqual(Math.min(had, must));
        },
      ),
      { numRuns: 300 },
    );
  });
});
