import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';

it('docs/compose-your-own-kubelet.md: the kubelet runs the Pod that its filter lets through, and no other', async () => {
  const page = await readFile(new URL('../../../docs/compose-your-own-kubelet.md', import.meta.url), 'utf8');
  const example = /```ts run\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const file = fileURLToPath(new URL(`./compose-example-${process.pid}.ts`, import.meta.url));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await writeFile(file, example);
  try {
    await import(file);
    expect(log.mock.calls).toEqual([['web-node1']]);
    expect(example).toContain('// web-node1');
  } finally {
    log.mockRestore();
    await rm(file, { force: true });
  }
});
