import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson } from './child-names.js';
import { isSameJson } from './same-json.js';

it.each<[unknown, unknown, boolean]>([
  [{ a: 1, b: [1, { c: 'x' }] }, { b: [1, { c: 'x' }], a: 1 }, true],
  [{ a: 1, b: undefined }, { a: 1 }, true],
  [{ a: 1 }, { a: 1, b: null }, false],
  [{ a: 1 }, { a: 1, b: undefined }, true],
  [[1, 2], [2, 1], false],
  [[1], { 0: 1 }, false],
  [{ a: 5n }, { a: 5n }, true],
  [{ a: 5n }, { a: 6n }, false],
  [{ a: 5n }, {}, false],
  [{}, [], false],
  [undefined, {}, false],
])('%o and %o say the same: %s', (a, b, same) => {
  expect(isSameJson(a, b)).toBe(same);
  expect(isSameJson(b, a)).toBe(same);
});

it('agrees with the texts of values', () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  fc.assert(fc.property(value, value, (a, b) => isSameJson(a, b) === (canonicalJson(a) === canonicalJson(b))));
  fc.assert(fc.property(value, (a) => isSameJson(a, JSON.parse(JSON.stringify(a)))));
});
