import { expect, it } from 'vitest';
import { formatCpuSet, parseCpuSet } from './cpu-set.js';

it.each([
  ['', [], ''],
  ['3', [3], '3'],
  ['0-2,4', [0, 1, 2, 4], '0-2,4'],
  ['4,2-3,1', [1, 2, 3, 4], '1-4'],
  ['1,1-2', [1, 2], '1-2'],
])('reads %j as %j', (text, set, again) => {
  expect(parseCpuSet(text)).toEqual(set);
  expect(formatCpuSet(set)).toBe(again);
});

it.each(['1.3', 'a', '3-1', '-1', '1-', ' 1', '0-9999999'])('does not take %j for a list of CPUs', (text) => {
  expect(parseCpuSet(text)).toBeUndefined();
});
