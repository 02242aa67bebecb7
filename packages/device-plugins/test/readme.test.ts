import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';

const root = join(import.meta.dirname, '..');

it('the README gives a camera to a pod', async () => {
  const example = /^```ts run\n([\s\S]*?)^```$/m.exec(await readFile(join(root, 'README.md'), 'utf8'))?.[1] ?? '';
  const file = join(root, 'test', `.readme-example-${process.pid}.ts`);
  const source = example
    .replaceAll("'@solo-kubelet/device-plugins/testing'", "'../src/testing/index.js'")
    .replaceAll("'@solo-kubelet/device-plugins'", "'../src/index.js'");
  await writeFile(file, source);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await import(/* @vite-ignore */ file);
    expect(log.mock.calls.flat()).toEqual([
      { 'example.com/camera': '2' },
      [{ hostPath: '/dev/back', containerPath: '/dev/video0', permissions: 'rw' }],
      'UnexpectedAdmissionError',
    ]);
  } finally {
    log.mockRestore();
    await rm(file);
  }
});
