import type { Pod } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import { groupByPriority, requestedSeconds, shutdownGraceSeconds, shutdownPeriods } from './shutdown-groups.js';

const config = (part: Partial<Parameters<typeof shutdownPeriods>[0]>) => ({
  shutdownGracePeriod: 0,
  shutdownGracePeriodCriticalPods: 0,
  shutdownGracePeriodByPodPriority: [],
  ...part,
});

const period = (priority: number, shutdownGracePeriodSeconds: number) => ({ priority, shutdownGracePeriodSeconds });

const podOf = (name: string, spec: Partial<Pod['spec']>): { readonly pod: Pod } => ({
  pod: { metadata: { name, namespace: 'default' }, spec: { containers: [], ...spec } } as unknown as Pod,
});

describe('shutdownPeriods', () => {
  it('has none without a configured period: a shutdown is not waited for', () => {
    expect(shutdownPeriods(config({}))).toEqual([]);
  });

  it('makes two of the two fields: critical pods have theirs after all others', () => {
    const periods = shutdownPeriods(config({ shutdownGracePeriod: 30_000, shutdownGracePeriodCriticalPods: 10_000 }));
    expect(periods).toEqual([period(0, 20), period(2_000_000_000, 10)]);
    expect(requestedSeconds(periods)).toBe(30);
  });

  it('sorts those given by priority, lowest first', () => {
    const given = [period(1_000, 5), period(-10, 7), period(10, 6)];
    expect(shutdownPeriods(config({ shutdownGracePeriodByPodPriority: given })).map(({ priority }) => priority)).toEqual([-10, 10, 1_000]);
  });
});

describe('groupByPriority', () => {
  const periods = [period(0, 1), period(10, 2), period(2_000_000_000, 3)];
  const groupOf = (spec: Partial<Pod['spec']>) => groupByPriority(periods, [podOf('p', spec)])[0]?.priority;

  it.each([
    [{}, 0],
    [{ priority: -5 }, 0],
    [{ priority: 9 }, 0],
    [{ priority: 10 }, 10],
    [{ priority: 11 }, 10],
    [{ priority: 2_000_000_000 }, 2_000_000_000],
    [{ priority: 2_000_001_000 }, 2_000_000_000],
    [{ priorityClassName: 'system-node-critical' }, 2_000_000_000],
    [{ priorityClassName: 'of-my-own' }, 0],
  ])('puts a pod with %j into the group of %i', (spec, group) => expect(groupOf(spec)).toBe(group));

  it('leaves out groups without pods, which take no time', () => {
    expect(groupByPriority(periods, [podOf('a', {}), podOf('b', { priority: 2_000_000_000 })]).map(({ priority }) => priority)).toEqual([
      0, 2_000_000_000,
    ]);
  });
});

describe('shutdownGraceSeconds', () => {
  it.each([
    [30, 10, 10],
    [5, 10, 5],
    [undefined, 10, 10],
    [0, 10, 0],
  ])('gives a pod that asks for %s s in a group of %i s %i s', (asked, group, given) => {
    const { pod } = podOf('p', { terminationGracePeriodSeconds: asked });
    expect(shutdownGraceSeconds(pod, period(0, group))).toBe(given);
  });
});
