import { expect, it } from 'vitest';
import { createReturnedCgroups } from './returned-cgroups.js';

it('finds a cgroup that a runtime made anew after its pod was cleaned, until it is gone for good', async () => {
  const there = new Set(['stranger']);
  const returned = createReturnedCgroups(async (podUid) => there.has(podUid));
  returned.cleaned('a');
  expect(await returned.look()).toEqual([]);
  there.add('a');
  expect(await returned.look()).toEqual(['a']);
  expect(await returned.look()).toEqual(['a']); // until somebody has removed it
  there.delete('a');
  returned.cleaned('a');
  for (let looks = 0; looks < 10; looks += 1) expect(await returned.look()).toEqual([]);
  there.add('a');
  expect(await returned.look()).toEqual([]);
});

it('leaves alone a pod that was prepared again, also while it looks', async () => {
  const returned = createReturnedCgroups(async (podUid) => {
    if (podUid === 'b') returned.prepared('b');
    return true;
  });
  for (const podUid of ['a', 'b', 'c']) returned.cleaned(podUid);
  returned.prepared('a');
  expect(await returned.look()).toEqual(['c']);
});
