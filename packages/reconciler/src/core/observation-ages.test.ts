import { expect, it } from 'vitest';
import { observedContainer, observedPod } from '../testing/index.js';
import { generationOf, mergeObservation, noObservation, type Observation, type ObservationAges } from './observation-ages.js';
import type { ObservedPod } from './observed-pod.js';
import { type PodUid, podUid } from './pod-identity.js';

const uid = podUid('uid-web');
const running = observedPod([observedContainer('app')]);
const exited = observedPod([observedContainer('app', { state: 'exited' })]);
const listed = (generation: number, pod?: typeof running) =>
  ({ type: 'listed', generation, pods: new Map(pod === undefined ? [] : [[uid, pod]]), unread: new Set<PodUid>() }) as const;
const unread = (generation: number, outline: typeof running) =>
  ({ type: 'listed', generation, pods: new Map([[uid, outline]]), unread: new Set([uid]) }) as const;

interface Seen extends ObservationAges {
  readonly pods: ReadonlyMap<PodUid, ObservedPod>;
}
const nothingSeen: Seen = { ...noObservation, pods: new Map() };

/** What is known after an observation. */
const after = (seen: Seen, observation: Observation): Seen => {
  const merged = mergeObservation(seen, seen.pods, observation);
  if (merged === undefined) return seen;
  const pods = new Map(seen.pods);
  for (const [uid, pod] of merged.changed) {
    if (pod === undefined) pods.delete(uid);
    else pods.set(uid, pod);
  }
  return { ...merged.ages, pods };
};

const inspected = (generation: number, pod?: typeof running) => ({ type: 'inspected', generation, podUid: uid, pod }) as const;

it('lets no listing that began earlier overwrite a later look at one pod', () => {
  const seen = [listed(1, running), inspected(3, exited), listed(2, running)].reduce(after, nothingSeen);
  expect(seen.pods.get(uid)).toBe(exited);
  expect(generationOf(seen, uid)).toBe(3);
});

it('remembers that a pod was found absent', () => {
  const seen = [listed(1, running), inspected(3), listed(2, running)].reduce(after, nothingSeen);
  expect(seen.pods.has(uid)).toBe(false);
  expect(after(seen, listed(4, running)).pods.get(uid)).toBe(running);
});

it('ignores looks that come too late', () => {
  const seen = [listed(5, running), inspected(4, exited), listed(3)].reduce(after, nothingSeen);
  expect(seen.pods.get(uid)).toBe(running);
});

it('keeps the same object for a pod that did not change', () => {
  const seen = after(nothingSeen, listed(1, running));
  const again = after(seen, listed(2, { ...running, containers: [...running.containers] }));
  expect(again.pods.get(uid)).toBe(running);
});

it('keeps what was last read of a pod that a listing can not read, and its age', () => {
  const outline = observedPod([observedContainer('app', { state: 'exited' })]);
  const seen = [listed(1, running), unread(2, outline), unread(3, outline)].reduce(after, nothingSeen);
  expect(seen.pods.get(uid)).toBe(running);
  expect(generationOf(seen, uid)).toBe(1);
  expect(seen.generation).toBe(3);
  const read = after(seen, listed(4, exited));
  expect(read.pods.get(uid)).toBe(exited);
  expect(generationOf(read, uid)).toBe(4);
});

it('knows of a pod that nobody could read yet that it is there, and nothing to act on', () => {
  const [first, second] = [observedPod([observedContainer('app')]), observedPod([observedContainer('app', { state: 'exited' })])];
  const seen = [unread(1, first), unread(2, second)].reduce(after, nothingSeen);
  expect(seen.pods.get(uid)).toBe(second);
  expect(generationOf(seen, uid)).toBe(0);
});

it('takes one that appears unread for none that was seen to be absent', () => {
  const seen = [listed(1), inspected(2), unread(3, running)].reduce(after, nothingSeen);
  expect(seen.pods.get(uid)).toBe(running);
  expect(generationOf(seen, uid)).toBe(0);
});

it('takes a look at a pod that can not be listed for no newer than it is', () => {
  const seen = [listed(1, running), unread(4, running), inspected(3, exited)].reduce(after, nothingSeen);
  expect(seen.pods.get(uid)).toBe(exited);
  expect(generationOf(seen, uid)).toBe(3);
  expect(generationOf(after(seen, inspected(5)), uid)).toBe(5);
  const newer = [listed(1, running), inspected(5, exited), unread(4, running)].reduce(after, nothingSeen);
  expect(newer.pods.get(uid)).toBe(exited);
  expect(generationOf(newer, uid)).toBe(5);
});

const told = observedContainer('app', { state: 'exited', endTold: true });
const ended = { type: 'ended', podUid: uid, container: told } as const;

it('shows an end that an event told of until the runtime’s records say something else of the container than that it runs', () => {
  const seen = [listed(1, running), ended].reduce(after, nothingSeen);
  expect(seen.pods.get(uid)?.containers).toEqual([told]);
  const pod = seen.pods.get(uid);
  const stale = [inspected(2, { ...running, containers: [observedContainer('app')] }), listed(3, running)].reduce(after, seen);
  expect(stale.pods.get(uid)).toBe(pod);
  expect(generationOf(stale, uid)).toBe(3);
  expect(after(stale, inspected(4, exited)).pods.get(uid)?.containers).toEqual(exited.containers);
  expect(after(stale, inspected(4)).pods.has(uid)).toBe(false);
});

it('takes the end of a container for no relist, and that of one that does not run or is not known for nothing', () => {
  const seen = [listed(1, running), ended].reduce(after, nothingSeen);
  expect(generationOf(seen, uid)).toBe(1);
  expect(after(nothingSeen, ended)).toBe(nothingSeen);
  expect(mergeObservation(noObservation, new Map([[uid, exited]]), ended)).toBeUndefined();
  const other = { ...ended, container: observedContainer('other', { id: 'other', state: 'exited' }) };
  expect(mergeObservation(noObservation, new Map([[uid, running]]), other)).toBeUndefined();
});
