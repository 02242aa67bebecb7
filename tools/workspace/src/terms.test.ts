import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { faultsIn, proseOf, TERMS, textsOf } from '../terms.mjs';

it('finds a word in the prose of a document, and not in its code or addresses', () => {
  const text = [
    'A stranger may',
    '```ts',
    '// a stranger',
    '```',
    'see `stranger.ts` [here](docs/stranger.md),',
    'or the run-once Pods.',
  ].join('\n');
  expect(faultsIn('docs/page.md', text)).toEqual([
    'docs/page.md:1: "stranger": say consumer',
    'docs/page.md:6: "run-once Pods": say Pod with restartPolicy: Never',
  ]);
  expect(proseOf('a\n```\nb\n```\nc `d`')).toEqual(['a', '', '', '', 'c ']);
});

it('finds a word in the texts of a program, and not in its names and comments', () => {
  const source = [
    "const surroundings = 'surroundings';",
    '// left behind by it',
    "log('Pods were left behind');",
    'print(`It has departed`);',
  ].join('\n');
  expect(faultsIn('packages/x/src/y.ts', source)).toEqual([
    'packages/x/src/y.ts:3: "left behind": say orphaned',
    'packages/x/src/y.ts:4: "departed": say recently terminated',
  ]);
  expect(textsOf("a('one'); b('two words', \"three of them\")")).toEqual(['two words | three of them']);
});

it('holds the programs only to words that are gone from their names', () => {
  expect(faultsIn('docs/page.md', 'The further networks of a node')).toHaveLength(1);
  expect(faultsIn('packages/x/src/y.ts', "print('The further networks of a node')")).toEqual([]);
});

it('has every word of the list in the glossary, but for misspelt names', () => {
  const [, older = ''] = readFileSync(new URL('../../../docs/glossary.md', import.meta.url), 'utf8').split('## Older names');
  const names = ['containerd', 'Kubernetes', 'CRI-O'];
  expect(TERMS.filter(({ word, say }) => !names.includes(say) && !word.test(older.replaceAll('`', ''))).map(({ say }) => say)).toEqual([]);
});
