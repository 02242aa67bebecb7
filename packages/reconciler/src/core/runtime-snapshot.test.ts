import { expect, it } from 'vitest';
import { observedContainer, observedPod } from '../testing/index.js';
import { type PodUid, podUid } from './pod-identity.js';
import { emptySnapshot, generationOf, mergeObservation } from './runtime-snapshot.js';

const uid = podUid('uid-web');
const running = observedPod([observedContainer('app')]);
const exited = observedPod([observedContainer('app', { state: 'exited' })]);
const listed = (generation: number, pod?: typeof running) =>
  ({ type: 'listed', generation, pods: new Map(pod === undefined ? [] : [[uid, pod]]), unread: new Set<PodUid>() }) as const;
const unread = (generation: number, outline: typeof running) =>
  ({ type: 'listed', generation, pods: new Map([[uid, outline]]), unread: new Set([uid]) }) as const;
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

it('keeps what was last read of a pod that a listing can not read, and its age', () => {
  const outline = observedPod([observedContainer('app', { state: 'exited' })]);
  const seen = [listed(1, running), unread(2, outline), unread(3, outline)].reduce(mergeObservation, emptySnapshot);
  expect(seen.pods.get(uid)).toBe(running);
  expect(generationOf(seen, uid)).toBe(1);
  expect(seen.generation).toBe(3);
  const read = mergeObservation(seen, listed(4, exited));
  expect(read.pods.get(uid)).toBe(exited);
  expect(generationOf(read, uid)).toBe(4);
});

it('knows of a pod that nobody could read yet that it is there, and nothing to act on', () => {
  const [first, second] = [observedPod([observedContainer('app')]), observedPod([observedContainer('app', { state: 'exited' })])];
  const seen = [unread(1, first), unread(2, second)].reduce(mergeObservation, emptySnapshot);
  expect(seen.pods.get(uid)).toBe(second);
  expect(generationOf(seen, uid)).toBe(0);
});

it('takes one that appears unread for none that was seen to be absent', () => {
  const seen = [listed(1), inspected(2), unread(3, running)].reduce(mergeObservation, emptySnapshot);
  expect(seen.pods.get(uid)).toBe(running);
  expect(generationOf(seen, uid)).toBe(0);
});

it('takes a look at a pod that can not be listed for no newer than it is', () => {
  const seen = [listed(1, running), unread(4, running), inspected(3, exited)].reduce(mergeObservation, emptySnapshot);
  expect(seen.pods.get(uid)).toBe(exited);
  expect(generationOf(seen, uid)).toBe(3);
  expect(generationOf(mergeObservation(seen, inspected(5)), uid)).toBe(5);
  const newer = [listed(1, running), inspected(5, exited), unread(4, running)].reduce(mergeObservation, emptySnapshot);
  expect(newer.pods.get(uid)).toBe(exited);
  expect(generationOf(newer, uid)).toBe(5);
});
