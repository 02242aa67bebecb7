import { expect, it } from 'vitest';
import { parseYaml } from './known-networks.js';

it('reads documents of a file of networks', () => expect(parseYaml('a: 1\n---\nb: [2]')).toEqual([{ a: 1 }, { b: [2] }]));

it('refuses what nests too deep, as it is written or by its aliases', () => {
  expect(() => parseYaml(`a: 1\n---\n${'['.repeat(101)}`)).toThrow('line 3, column 101: it nests deeper than 100 levels');
  expect(() => parseYaml('&a [[*a]]')).toThrow('it nests deeper than 200 levels');
});
