import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';

const root = join(import.meta.dirname, '..');

it('the README resolves a Service', async () => {
  const example = /^```ts run\n([\s\S]*?)^```$/m.exec(await readFile(join(root, 'README.md'), 'utf8'))?.[1] ?? '';
  const file = join(root, 'test', `.readme-example-${process.pid}.ts`);
  await writeFile(file, example.replaceAll("'@solo-kubelet/cluster-dns'", "'../src/index.js'"));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await import(/* @vite-ignore */ file);
    expect(log.mock.calls.flat()).toEqual([['10.96.0.7']]);
  } finally {
    log.mockRestore();
    await rm(file);
  }
});
