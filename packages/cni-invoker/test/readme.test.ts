import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';

const root = join(import.meta.dirname, '..');
const readme = await readFile(join(root, 'README.md'), 'utf8');

it('the README example runs and prints what the README says', async () => {
  const example = /^```ts run\n([\s\S]*?)^```$/m.exec(readme)?.[1] ?? '';
  const file = join(root, 'test', `.readme-example-${process.pid}.ts`);
  await writeFile(file, example.replaceAll("'@solo-kubelet/cni-invoker'", "'../src/index.js'"));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await import(/* @vite-ignore */ file);
    expect(log.mock.calls).toEqual([['10.9.0.2/24'], ['CNI_ALREADY_ATTACHED'], [0]]);
  } finally {
    log.mockRestore();
    await rm(file);
  }
});

it('the README tells every error code', async () => {
  const source = await readFile(join(root, 'src', 'cni-error.ts'), 'utf8');
  const codes = [...source.matchAll(/^ {2}\| '(CNI_\w+)'/gm)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(30);
  expect(codes.filter((code) => !readme.includes(`\`${code}\``))).toEqual([]);
});
