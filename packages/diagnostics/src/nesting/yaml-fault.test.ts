import { expect, it } from 'vitest';
import * as yaml from 'yaml';
import { MAX_YAML_LEVELS, yamlFault } from './index.js';

const told = (text: string, levels?: number): string | undefined => {
  const fault = yamlFault(text, yaml, levels === undefined ? {} : { levels });
  return fault && `${fault.line}:${fault.column}: ${fault.message}`;
};
const lines = (levels: number, mark: string): string => Array.from({ length: levels }, (_, at) => `${'  '.repeat(at)}${mark}\n`).join('');

it.each<[string, (levels: number) => string]>([
  ['lists in brackets', (levels) => `${'['.repeat(levels)}1${']'.repeat(levels)}`],
  ['lists in brackets that stay open', (levels) => '['.repeat(levels)],
  ['maps in braces', (levels) => `${'{a: '.repeat(levels)}1${'}'.repeat(levels)}`],
  ['maps on lines', (levels) => lines(levels, 'a:')],
  ['lists on lines', (levels) => lines(levels, '-')],
  ['lists on one line', (levels) => `${'- '.repeat(levels)}x`],
  ['keys on one line', (levels) => 'a: '.repeat(levels)],
  ['questions on one line', (levels) => '? '.repeat(levels)],
  ['the second document', (levels) => `a: 1\n---\n${'['.repeat(levels)}`],
])('allows a hundred levels and no more: %s', (_, text) => {
  expect(told(text(MAX_YAML_LEVELS)) ?? '').not.toContain('nests');
  expect(told(text(MAX_YAML_LEVELS + 1))).toMatch(/^\d+:\d+: it nests deeper than 100 levels$/);
});

it('stops where it is too deep, whatever follows', () => {
  expect(told(`a:\n  ${'['.repeat(200_000)}`, 3)).toBe('2:5: it nests deeper than 3 levels');
  expect(told(`- b\n- c\n- [[[[[1]]]]]\n${'x: y'.repeat(10_000)}`, 3)).toBe('3:5: it nests deeper than 3 levels');
});

it.each([
  ['[a]: b', '1:1'],
  ['{a: b}: c', '1:1'],
  ['a: 1\nb: { ? [c] : d }', '2:8'],
  ['? - a\n: b', '1:3'],
  ['- &a [x]\n- *a : b', '2:3'],
  ['- [[a]: b]', '1:4'],
])('refuses a key that is no text: %j', (text, place) => expect(told(text)).toBe(`${place}: a key has to be a plain text`));

it.each([
  '',
  'a',
  'a: 1',
  '- [a, {b: [c], d}]\n- ? e\n  : f\n',
  'a: &b {c: d}\ne: *b\n<<: *b\n',
  '"a": |\n  [[[[\n',
  '- [a: b, [c]]',
  'a: b: c',
  '\0',
  '%',
])('finds nothing wrong with %j', (text) => expect(told(text)).toBe(undefined));

it('allows a hundred aliases, and takes no text for one', () => {
  const aliased = (count: number): string => `a: &a 1\nb: [${'*a, '.repeat(count)}]\nc: |\n${'  *a\n'.repeat(200)}`;
  expect(told(aliased(100))).toBe(undefined);
  expect(told(aliased(101))).toBe('2:405: it has more than 100 aliases');
});

it.each([
  ['a: 1\nb: 2\na: 3', '3:1'],
  ['a: 1\n"a": 3', '2:1'],
  ['{ a: 1, b: {c: 1}, a: 2 }', '1:20'],
  ["- x: 1\n  'x': 2", '2:3'],
  ['a: { ? b : 1, b: 2 }', '1:15'],
])('refuses a key that stands twice: %j', (text, place) => {
  expect(told(text)).toBe(`${place}: Map keys must be unique`);
  expect(yamlFault(text, yaml, { uniqueKeys: false })).toBe(undefined);
});

it.each(['- a: 1\n- a: 1', 'a: {a: {a: 1}}', '[a: 1, a: 2]', 'x: &x {a: 1}\n<<: *x\n<<: *x', 'a: 1\n---\na: 1', '{a, b, c}'])(
  'lets a key stand again where it is of another map: %j',
  (text) => expect(told(text)).toBe(undefined),
);

it('takes a time for many keys that does not explode', () => {
  const text = Array.from({ length: 20_000 }, (_, at) => `k${at}: 1`).join('\n');
  const began = performance.now();
  expect(told(text)).toBe(undefined);
  expect(performance.now() - began).toBeLessThan(10_000);
});
