import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { changedKeys, mapWith, mapWithout } from './versioned-map.js';

it('every version is what a copy would be, whichever is read or changed, and when', () => {
  const step = fc.record({ of: fc.nat(), key: fc.nat({ max: 5 }), value: fc.option(fc.nat(), { nil: undefined }), look: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const versions: { readonly is: ReadonlyMap<number, number>; readonly copy: ReadonlyMap<number, number> }[] = [
        { is: new Map(), copy: new Map() },
      ];
      const differing = (a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>) =>
        [...new Set([...a.keys(), ...b.keys()])].filter((key) => a.get(key) !== b.get(key)).sort();
      const sorted = (map: ReadonlyMap<number, number>) => [...map].sort();
      for (const { of, key, value, look } of steps) {
        const from = versions[of % versions.length]!;
        const copy = new Map(from.copy);
        if (value === undefined) copy.delete(key);
        else copy.set(key, value);
        versions.push({ is: value === undefined ? mapWithout(from.is, key) : mapWith(from.is, key, value), copy });
        for (const { is, copy: same } of versions)
          for (const one of [key, 0]) expect([is.get(one), is.has(one)]).toEqual([same.get(one), same.has(one)]);
        for (const other of [versions[0]!, from, versions[key % versions.length]!])
          expect([...changedKeys(other.is, versions.at(-1)!.is)].sort()).toEqual(differing(other.copy, versions.at(-1)!.copy));
        if (look) expect(sorted(from.is)).toEqual(sorted(from.copy));
      }
      for (const { is, copy } of versions) expect([is.size, sorted(is)]).toEqual([copy.size, sorted(copy)]);
    }),
  );
});

it('keeps the order of a Map, and a list that is being read as it was', () => {
  let map: ReadonlyMap<string, number> = mapWith(mapWith(new Map(), 'b', 1), 'a', 2);
  const seen: string[] = [];
  for (const [key] of map) {
    seen.push(key);
    map = mapWithout(mapWith(map, `${key}${key}`, 3), 'a');
  }
  expect(seen).toEqual(['b', 'a']);
  expect([...map.keys()]).toEqual(['b', 'bb', 'aa']);
});

it('tells what has changed by the changes alone, however many entries there are', () => {
  const before = mapWith(new Map(Array.from({ length: 1_000 }, (_, key) => [key, key])), 0, -1);
  const after = mapWithout(mapWith(mapWith(mapWith(mapWith(before, 7, 1), 7, 2), 9, 9), 2_000, 3), 8);
  const listed = vi.spyOn(Object.getPrototypeOf(after), 'entries');
  expect([...changedKeys(before, after)].sort()).toEqual([2_000, 7, 8]);
  expect(listed).not.toHaveBeenCalled();
  expect([...changedKeys(after, before)].sort()).toEqual([2_000, 7, 8]);
  expect(listed).toHaveBeenCalled();
});
