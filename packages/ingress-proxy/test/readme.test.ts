import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';

const root = join(import.meta.dirname, '..');

it('the README finds where a request goes', async () => {
  const example = /^```ts run\n([\s\S]*?)^```$/m.exec(await readFile(join(root, 'README.md'), 'utf8'))?.[1] ?? '';
  const file = join(root, 'test', `.readme-example-${process.pid}.ts`);
  await writeFile(file, example.replaceAll("'@solo-kubelet/ingress-proxy'", "'../src/index.js'"));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await import(/* @vite-ignore */ file);
    expect(log.mock.calls.flat()).toEqual([0, expect.objectContaining({ type: 'backend', backend: 'default_cart_80' }), 'notFound']);
  } finally {
    log.mockRestore();
    await rm(file);
  }
});
