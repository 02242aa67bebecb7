import { expect, it } from 'vitest';
import { observedContainer, observedPod } from '../testing/index.js';
import { podUid } from './pod-identity.js';
import { emptySnapshot, generationOf, mergeObservation } from './runtime-snapshot.js';

const uid = podUid('uid-web');
const running = observedPod([observedContainer('app')]);
const exited = observedPod([observedContainer('app', { state: 'exited' })]);
const listed = (generation: number, pod?: typeof running) =>
  ({ type: 'listed', generation, pods: new Map(pod === undefined ? [] : [[uid, pod]]) }) as const;
const inspected = (generation: number, pod?: typeof running) => ({ type: 'inspected', generation, podUid: uid, pod }) as const;

it('lets no listing that began earlier overwrite a later look at one pod', () => {
  const seen = [listed(1, running), inspected(3, exited), listed(2, running)].reduce(mergeObservation, emptySnapshot);
  expect(seen.pods.get(uid)).toBe(exited);
  expect(generationOf(seen, uid)).toBe(3);
});

it('remembers that a pod was found absent', () => {
  const seen = [listed(1, running), inspected(3), listed(2, running)].reduce(mergeObservation, emptySnapshot);
  expect(seen.pods.has(uid)).toBe(false);
  expect(mergeObservation(seen, listed(4, running)).pods.get(uid)).toBe(running);
});

it('ignores looks that come too late', () => {
  const seen = [listed(5, running), inspected(4, exited), listed(3)].reduce(mergeObservation, emptySnapshot);
  expect(seen.pods.get(uid)).toBe(running);
});

it('keeps the same object for a pod that did not change', () => {
  const seen = mergeObservation(emptySnapshot, listed(1, running));
  const again = mergeObservation(seen, listed(2, { ...running, containers: [...running.containers] }));
  expect(again.pods.get(uid)).toBe(running);
});
