import { describe, expect, it } from 'vitest';
import type { ReplicaSetSize } from './replica-set-size.js';
import { type ScaleQuestion, scaledSizes } from './scale.js';

const rolling = { type: 'RollingUpdate', maxSurge: 1, maxUnavailable: 0 } as const;
const set = (name: string, replicas: number, more: Partial<ReplicaSetSize> = {}): ReplicaSetSize => ({
  name,
  replicas,
  available: replicas,
  createdMs: 0,
  ...more,
});
const scale = (question: Partial<ScaleQuestion> & Pick<ScaleQuestion, 'replicas'>): object =>
  Object.fromEntries(scaledSizes({ strategy: rolling, oldSets: [], statusReplicas: 0, ...question }));

describe('scaledSizes', () => {
  it('gives all to the one active ReplicaSet, or to the newest if none is', () => {
    expect(scale({ replicas: 5, newSet: set('new', 0), oldSets: [set('old', 3)] })).toEqual({ new: 0, old: 5 });
    expect(scale({ replicas: 5, newSet: set('new', 0), oldSets: [set('old', 0)] })).toEqual({ new: 5, old: 0 });
    expect(scale({ replicas: 5, oldSets: [set('b', 0, { createdMs: 2 }), set('a', 0, { createdMs: 1 })] })).toEqual({ a: 0, b: 5 });
    expect(scale({ replicas: 5 })).toEqual({});
  });

  it('ends old ReplicaSets when the new one has all it needs', () => {
    expect(scale({ replicas: 3, newSet: set('new', 3, { desired: 3 }), oldSets: [set('old', 1)] })).toEqual({ new: 3, old: 0 });
  });

  it('shares growth and shrinkage in proportion, the rest to the largest', () => {
    const sets = { newSet: set('new', 3, { desired: 10, max: 11 }), oldSets: [set('old', 8, { desired: 10, max: 11 })] };
    expect(scale({ replicas: 20, ...sets })).toEqual({ new: 6, old: 15 });
    expect(scale({ replicas: 5, ...sets })).toEqual({ new: 2, old: 4 });
    expect(scale({ replicas: 0, ...sets })).toEqual({ new: 0, old: 0 });
  });

  it('changes nothing of a Recreate in mid-rollout', () => {
    const sets = { newSet: set('new', 3), oldSets: [set('old', 8)] };
    expect(scale({ replicas: 20, strategy: { type: 'Recreate' }, ...sets })).toEqual({ new: 3, old: 8 });
  });
});
