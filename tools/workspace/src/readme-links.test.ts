import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const packages = fileURLToPath(new URL('../../../packages', import.meta.url));

/** Links of a README that lead out of what is published: npm shows it, and has nothing but the package. */
const deadLinks = (text: string, published: (path: string) => boolean): readonly string[] =>
  [...text.matchAll(/\]\(([^)\s]+)[^)]*\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^(https?:|mailto:|#)/.test(target) && !published(normalize(target.replace(/#.*$/, ''))));

it('finds links out of the package', () => {
  const text = '[a](https://a) [b](#b) [c](../../docs/c.md) [d](schema/d.json#x) [e](src/e.ts "title")';
  expect(deadLinks(text, (path) => path.startsWith('schema/'))).toEqual(['../../docs/c.md', 'src/e.ts']);
});

it.each(readdirSync(packages).filter((name) => existsSync(join(packages, name, 'README.md'))))(
  'the README of %s links to nothing that npm does not have',
  (name) => {
    const { files } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) as { files: readonly string[] };
    const published = (path: string): boolean =>
      files.some((file) => path === file || path.startsWith(`${file}/`)) && existsSync(join(packages, name, path));
    expect(deadLinks(readFileSync(join(packages, name, 'README.md'), 'utf8'), published)).toEqual([]);
  },
);

/**
 * What only a program can say, the kubelet, which has the kubelet's flags, and standalone-node, whose remedies are commands of kubelet-cli: any other
 * library does not know what its user's options are called.
 */
const namesFlag = (text: string): readonly string[] => text.match(/hint: ?[`'"][^\n]*--[a-z][a-z-]+[^\n]*/g) ?? [];

const SPEAKS_OF_PROGRAMS = new Set(['kubelet-cli', 'kubelet', 'standalone-node']);

it.each(readdirSync(packages).filter((name) => !SPEAKS_OF_PROGRAMS.has(name)))('no hint of %s names a flag of another program', (name) => {
  const sources = readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    /(?<!\.test)\.ts$/.test(path),
  );
  expect(sources.flatMap((path) => namesFlag(readFileSync(join(packages, name, 'src', path), 'utf8')))).toEqual([]);
  expect(namesFlag("hint: 'Check --endpoint.'")).toHaveLength(1);
});
