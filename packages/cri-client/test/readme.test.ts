import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';

const root = join(import.meta.dirname, '..');
const examples = [...(await readFile(join(root, 'README.md'), 'utf8')).matchAll(/^```ts run\n([\s\S]*?)^```$/gm)].map(
  ([, code]) => code ?? '',
);

/** Runs an example of the README from source and returns what it printed. */
const run = async (index: number): Promise<readonly string[]> => {
  const file = join(root, 'test', `.readme-example-${index}-${process.pid}.ts`);
  const source = (examples[index] ?? '')
    .replaceAll(/'@solo-kubelet\/cri-client\/(\w+)'/g, "'../src/$1/index.js'")
    .replaceAll("'@solo-kubelet/cri-client'", "'../src/index.js'");
  await writeFile(file, source);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await import(/* @vite-ignore */ file);
    return log.mock.calls.map((words) => words.join(' '));
  } finally {
    log.mockRestore();
    await rm(file);
  }
};

it('the README lists pods and follows their changes in 20 lines', { timeout: 60_000 }, async () => {
  expect(await run(0)).toEqual([
    'default/web SANDBOX_READY',
    'following changes from containerdEvents',
    expect.stringMatching(/^[0-9a-f]{12} stopped$/),
  ]);
  const lines = (examples[0] ?? '').split('\n').filter((line) => line.trim() !== '');
  expect(lines.length).toBeLessThanOrEqual(20);
});

it('the README names a state without a client', async () => {
  expect(await run(1)).toEqual(['CONTAINER_EXITED']);
});

it('the README follows a container to its end', { timeout: 60_000 }, async () => {
  expect(await run(2)).toEqual(['app created', 'app started', 'app exited', '3 Error']);
});

it('the README tests with the fake runtime', { timeout: 60_000 }, async () => {
  expect(await run(3)).toEqual(['RunPodSandbox failed: no address left', '137 OOMKilled']);
});
