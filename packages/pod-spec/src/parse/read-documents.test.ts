import { expect, it } from 'vitest';
import { parseManifest } from '../index.js';
import { readDocuments } from './read-documents.js';

const options = { path: 'a.yaml', nodeName: 'node1' };
const HEAD = 'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n';
const items = (count: number): string => `x: [${'a,'.repeat(count - 1)}a]\n`;

it.each([
  ['YAML', `${HEAD}${items(59_980)}`, `${HEAD}${items(60_000)}`],
  [
    'YAML of several documents',
    `${HEAD}${items(29_980)}---\n${HEAD}${items(29_980)}`,
    `${HEAD}${items(29_980)}---\n${HEAD}${items(30_010)}`,
  ],
  ['JSON', JSON.stringify({ kind: 'Pod', x: Array(59_990).fill(1) }), JSON.stringify({ kind: 'Pod', x: Array(60_000).fill(1) })],
])('%s of more than 60,000 keys and values is refused where they become too many', (_what, most, tooMany) => {
  const problems = (text: string) =>
    parseManifest(text, options).documents.flatMap(({ result }) => (result.ok ? [] : result.issues.map(({ message }) => message)));
  expect(problems(most).filter((message) => message.includes('more than'))).toEqual([]);
  expect(problems(tooMany).filter((message) => message.includes('more than 60000 keys and values'))).toHaveLength(1);
});

it('maps that are merged into one another have a limit', () => {
  const read = (merges: number): string | undefined => {
    const text = Array.from({ length: merges + 1 }, (_, at) => `a${at}: &a${at} {<<: ${at === 0 ? '{}' : `*a${at - 1}`}}\n`).join('');
    return readDocuments(text + items(40_000), { first: true }).documents[0]?.problem?.message;
  };
  expect(read(199)).toBe(undefined);
  expect(read(200)).toBe('more than 200 maps are merged into one another');
});
