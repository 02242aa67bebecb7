import { expect, it } from 'vitest';
import { wantsIndented } from './wants-indented.js';

it.each([
  ['', 'corpus/1', false],
  ['', 'curl/8.5.0', true],
  ['', 'Wget/1.21', true],
  ['', 'Mozilla/5.0 (X11)', true],
  ['', 'my-curl/8', false],
  ['pretty=true', 'corpus/1', true],
  ['pretty=1', 'corpus/1', true],
  ['pretty=x', 'corpus/1', false],
  ['pretty=x', 'curl/8.5.0', false],
  ['pretty=false', 'curl/8.5.0', false],
])('%j asked by %s: %s', (query, agent, expected) => {
  expect(wantsIndented(new URLSearchParams(query), agent)).toBe(expected);
});
