import { expect, it } from 'vitest';
import { splitDocuments } from './as-written.js';

it.each([
  ['', ['']],
  ['a: 1\n', ['a: 1\n']],
  ['a: 1\n---\nb: 1\n', ['a: 1\n', '---\nb: 1\n']],
  ['# of all\n\n---\na: 1\n--- # two\nb: 1\n---', ['# of all\n\n---\na: 1\n', '--- # two\nb: 1\n', '---']],
  ['a: |\n  ---\n  x\nb: ---x\n---x: 1\n', ['a: |\n  ---\n  x\nb: ---x\n---x: 1\n']],
  ['a: 1\r\n---\r\nb: 1\r\n', ['a: 1\r\n', '---\r\nb: 1\r\n']],
  ['%YAML 1.1\n---\na: 1\n---\nb: 1\n', ['%YAML 1.1\n---\na: 1\n---\nb: 1\n']],
  ['a: 1\n...\n---\nb: 1\n', ['a: 1\n...\n---\nb: 1\n']],
])('%j has the documents %j', (text, documents) => expect(splitDocuments(text)).toEqual(documents));
