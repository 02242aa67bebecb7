import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path)),
];

/** Links to files that are not there. */
const deadLinks = (page: string, text: string): readonly string[] =>
  [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^(https?:|mailto:)/.test(target) && !existsSync(join(root, dirname(page), target)));

it('finds dead links', () => {
  expect(deadLinks('docs/a.md', '[a](../README.md#x) [b](none.md) [c](https://c) [d](#d)')).toEqual(['none.md']);
});

it.each(pages)('%s links to files that exist', (page) => {
  expect(deadLinks(page, readFileSync(join(root, page), 'utf8'))).toEqual([]);
});

it.each([
  ['CrashLoopBackOff reset', 'RESET_AFTER_MS'],
  ['manifest directory vanishes', 'takeMissing'],
  ['resolv.conf', 'podDns'],
  ['preStop hook', 'runPreStop'],
  ['302', 'getFollowingRedirects'],
])('README.md leads in one step to what decides: %s', (question, symbol) => {
  const row = readFileSync(join(root, 'README.md'), 'utf8')
    .split('\n')
    .find((line) => line.startsWith('|') && line.replaceAll('`', '').includes(question) && line.includes(`\`${symbol}\``));
  const file = /\]\((packages\/[^)]+)\) \|$/.exec(row ?? '')?.[1] ?? '';
  expect(readFileSync(join(root, file), 'utf8')).toMatch(new RegExp(`const ${symbol} =`));
});
