import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { yamlText } from './yaml-text.js';

const words = (count: number): string => Array.from({ length: count }, (_, i) => `word${i}`).join(' ');

test('a long text is broken at the first space after 80 characters, two to the right of its name', () => {
  const text = yamlText({ message: words(20), other: 'a' });
  const [first, second, third] = text.split('\n');
  expect(first).toBe(`message: ${words(12)}`);
  expect(first!.length).toBeGreaterThan(80);
  expect(second).toMatch(/^ {2}word12 /);
  expect(third).toBe('other: a');
});

test('texts in lists, texts of several lines and quoted ones stay what they are', () => {
  const value = {
    a: [words(30), { b: `${words(30)}: x`, c: `${words(30)}\n${words(40)}\n` }, `"${words(50)}"`, `tab\t${words(40)}`],
    z: { [words(20)]: words(40), y: `${words(30)}   three spaces ${words(30)}` },
  };
  expect(parse(yamlText(value), { version: '1.1' })).toEqual(value);
});
