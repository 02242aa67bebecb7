import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';

it('the example of the README runs', async () => {
  const readme = await readFile(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8');
  const example = /```ts run\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const file = fileURLToPath(new URL(`./readme-example-${process.pid}.ts`, import.meta.url));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await writeFile(file, example);
  try {
    await import(file);
    expect(log.mock.calls).toEqual([['site', 'Ready', 'sha256']]);
  } finally {
    log.mockRestore();
    await rm(file, { force: true });
  }
}, 60_000);
