import type { ObservedContainer } from '@solo-kubelet/reconciler';
import { observedContainer, observedPod, observedSandbox, virtualTime } from '@solo-kubelet/reconciler/testing';
import { expect, it } from 'vitest';
import { containerAges } from './container-ages.js';
import { DEFAULT_GARBAGE_POLICY, selectGarbage } from './container-garbage.js';

const dead = (name: string, restartCount: number) =>
  observedContainer(name, {
    state: 'exited',
    restartCount,
    createdAtMs: restartCount * 1_000,
    sandboxId: restartCount === 0 ? 'sandbox-0' : 'sandbox-1',
  });
const at = (nowMs: number) => (one: ObservedContainer) => nowMs - one.createdAtMs;
const old = observedSandbox({ state: 'notReady' });
const current = observedSandbox({ id: 'sandbox-1', attempt: 1 });

it('keeps the newest dead container of each name, and whatever lives', () => {
  const pod = observedPod(
    [observedContainer('app', { restartCount: 3, createdAtMs: 3_000 }), dead('app', 2), dead('app', 1), dead('job', 1)],
    [current],
  );
  expect(selectGarbage([pod], DEFAULT_GARBAGE_POLICY, at(10_000))).toEqual({ containerIds: ['app-1'], podSandboxIds: [] });
});

it('takes a replaced sandbox once nothing is left in it', () => {
  expect(selectGarbage([observedPod([dead('app', 0)], [current, old])], DEFAULT_GARBAGE_POLICY, at(0)).podSandboxIds).toEqual([]);
  expect(selectGarbage([observedPod([dead('app', 1)], [current, old])], DEFAULT_GARBAGE_POLICY, at(0)).podSandboxIds).toEqual([
    'sandbox-0',
  ]);
  expect(selectGarbage([observedPod([], [old])], DEFAULT_GARBAGE_POLICY, at(0)).podSandboxIds).toEqual([]);
});

it('keeps no dead container of a pod that has ended', () => {
  const pod = observedPod([observedContainer('side', { createdAtMs: 3_000 }), dead('app', 2), dead('app', 1)], [current]);
  const ended = new Set([pod.uid]);
  expect(selectGarbage([pod], DEFAULT_GARBAGE_POLICY, at(10_000), ended).containerIds).toEqual(['app-2', 'app-1']);
});

it('keeps none that never started once a later one has, whatever its age; one that is being started is left alone', () => {
  const unstarted = (restartCount: number, id: string) =>
    observedContainer('app', { id, state: 'created', restartCount, createdAtMs: restartCount * 1_000 });
  const later = observedContainer('app', { id: 'later', restartCount: 1, createdAtMs: 1_500 });
  const garbageOf = (...containers: readonly ObservedContainer[]) =>
    selectGarbage([observedPod(containers, [current])], DEFAULT_GARBAGE_POLICY, at(2_000)).containerIds;
  expect(garbageOf(later, unstarted(1, 'cut'), dead('app', 0))).toEqual(['cut']);
  expect(garbageOf(unstarted(2, 'starts'), later)).toEqual([]);
  expect(garbageOf(unstarted(1, 'starts'), unstarted(1, 'cut'), dead('app', 0))).toEqual([]);
});

it('leaves the young alone and holds to the limit for all, oldest first', () => {
  const pod = observedPod([dead('a', 5), dead('b', 4), dead('c', 3)], [current]);
  expect(selectGarbage([pod], { ...DEFAULT_GARBAGE_POLICY, maxPerContainer: 0, minAgeMs: 6_000 }, at(10_000)).containerIds).toEqual([
    'b-4',
    'c-3',
  ]);
  expect(selectGarbage([pod], { ...DEFAULT_GARBAGE_POLICY, maxInAll: 2 }, at(10_000)).containerIds).toEqual(['c-3']);
});

it('counts the age of what it has seen by a clock that nobody can set', () => {
  const time = virtualTime();
  const ages = containerAges(time.scheduler, time.wallNow);
  const nowMs = time.wallNow();
  const [old, early] = [
    observedContainer('old', { createdAtMs: nowMs - 5_000 }),
    observedContainer('early', { createdAtMs: nowMs + 3_600_000 }),
  ];
  expect([old, early].map(ages([old, early]))).toEqual([5_000, 0]);
  time.jump(86_400_000);
  const fresh = observedContainer('fresh', { createdAtMs: nowMs });
  expect([old, early, fresh].map(ages([old, early, fresh]))).toEqual([5_000, 0, 0]);
});
