import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mapWith, mapWithout } from './versioned-map.js';

it('every version is what a copy would be, whichever is read or changed, and when', () => {
  const step = fc.record({ of: fc.nat(), key: fc.nat({ max: 5 }), value: fc.option(fc.nat(), { nil: undefined }), look: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const versions: { readonly is: ReadonlyMap<number, number>; readonly copy: ReadonlyMap<number, number> }[] = [
        { is: new Map(), copy: new Map() },
      ];
      const sorted = (map: ReadonlyMap<number, number>) => [...map].sort();
      for (const { of, key, value, look } of steps) {
        const from = versions[of % versions.length]!;
        const copy = new Map(from.copy);
        if (value === undefined) copy.delete(key);
        else copy.set(key, value);
        versions.push({ is: value === undefined ? mapWithout(from.is, key) : mapWith(from.is, key, value), copy });
        for (const { is, copy: same } of versions)
          for (const one of [key, 0]) expect([is.get(one), is.has(one)]).toEqual([same.get(one), same.has(one)]);
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
