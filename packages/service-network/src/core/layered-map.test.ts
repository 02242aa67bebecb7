import fc from 'fast-check';
import { expect, it } from 'vitest';
import { withChanges } from './layered-map.js';

interface Value {
  readonly of: number;
}

const names = Array.from({ length: 1_500 }, (_, index) => `n${index}`);
const changes = fc.array(fc.tuple(fc.constantFrom(...names), fc.option(fc.nat(9), { nil: undefined })), { maxLength: 400 });

it('after any changes it is the map that those make, and so is each one before', () => {
  fc.assert(
    fc.property(fc.array(changes, { minLength: 1, maxLength: 12 }), (turns) => {
      const plain = new Map<string, Value>(names.slice(0, 500).map((name, of) => [name, { of }]));
      let map: ReadonlyMap<string, Value> = new Map(plain);
      const seen: (readonly [ReadonlyMap<string, Value>, string])[] = [];
      const text = (one: ReadonlyMap<string, Value>): string => JSON.stringify([...one].sort(([a], [b]) => (a < b ? -1 : 1)));
      for (const turn of turns) {
        const changed = new Map(turn.map(([name, of]) => [name, of === undefined ? undefined : { of }]));
        map = withChanges(map, changed);
        for (const [name, value] of changed) {
          if (value === undefined) plain.delete(name);
          else plain.set(name, value);
        }
        expect(text(map)).toBe(text(plain));
        expect(map.size).toBe(plain.size);
        expect([...map.keys()].sort()).toEqual([...plain.keys()].sort());
        expect([...map.values()]).toHaveLength(plain.size);
        for (const name of changed.keys()) expect([map.has(name), map.get(name)]).toEqual([plain.has(name), plain.get(name)]);
        const walked: string[] = [];
        map.forEach((_, name, whole) => {
          if (whole === map) walked.push(name);
        });
        expect(walked).toHaveLength(plain.size);
        seen.push([map, text(plain)]);
      }
      for (const [one, expected] of seen) expect(text(one)).toBe(expected);
    }),
    { numRuns: 30 },
  );
});
