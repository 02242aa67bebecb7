import { expect, it } from 'vitest';
import { boundedValue, jsonNestsDeeper, nestsDeeper, parseBoundedJson } from './index.js';

it.each([
  [1, 0, false],
  [null, 0, false],
  [[], 0, true],
  [[], 1, false],
  [{ a: [{}] }, 2, true],
  [{ a: [{}] }, 3, false],
  [{ a: 'b', c: undefined, d: [1, null] }, 2, false],
])('%j nests deeper than %i: %s', (value, levels, deeper) => expect(nestsDeeper(value, levels)).toBe(deeper));

it('tells of any depth', () => {
  const deep: unknown = JSON.parse(`${'[{"a":'.repeat(100_000)}1${'}]'.repeat(100_000)}`);
  expect([nestsDeeper(deep, 199_999), nestsDeeper(deep, 200_000)]).toEqual([true, false]);
});

it('tells of what holds itself, and looks at what is shared once', () => {
  const self: unknown[] = [];
  self.push([self]);
  expect(nestsDeeper(self, 1_000)).toBe(true);
  let shared: unknown = [];
  for (let level = 1; level < 500; level += 1) shared = [shared, shared];
  expect([nestsDeeper(shared, 499), nestsDeeper(shared, 500)]).toEqual([true, false]);
});

it.each([
  ['1', 0, false],
  ['[]', 0, true],
  ['[[],[]]', 2, false],
  ['{"a":[{}]}', 2, true],
  ['["[[[[","\\"[[[[","\\\\",{"]":1}]', 2, false],
  ['["\\\\",[[]]]', 2, true],
  ['"[[[', 1, false],
])('JSON %s nests deeper than %i: %s', (text, levels, deeper) => expect(jsonNestsDeeper(text, levels)).toBe(deeper));

it('parses JSON that has at most 200 levels, and revives it', () => {
  const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  expect(nestsDeeper(parseBoundedJson(nested(200)), 199)).toBe(true);
  expect(() => parseBoundedJson(nested(201))).toThrow('it nests deeper than 200 levels');
  expect(() => parseBoundedJson('[')).toThrow(SyntaxError);
  expect(parseBoundedJson('{"a":"1"}', (_key, value) => (value === '1' ? 1n : value))).toEqual({ a: 1n });
  expect(() => boundedValue({ a: JSON.parse(nested(200)) })).toThrow('it nests deeper than 200 levels');
  expect(boundedValue([1])).toEqual([1]);
});
