import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { startMemoryNode } from './memory-node.js';

it('waits for no named pipe among the manifests', async () => {
  const manifests = await mkdtemp(join(tmpdir(), 'manifests-'));
  execFileSync(
    'mkfifo',
    Array.from({ length: 8 }, (_, index) => join(manifests, `${index}.yaml`)),
  );
  await using node = await startMemoryNode(manifests);
  expect(node.endpoint).toMatch(/^unix:/);
  await rm(manifests, { recursive: true });
});

it('leaves nothing behind, also while a kubelet that was stopped still writes', async () => {
  const manifests = await mkdtemp(join(tmpdir(), 'manifests-'));
  const node = await startMemoryNode(manifests);
  let isEnding = true;
  const writing = (async () => {
    for (let index = 0; isEnding; index += 1) await writeFile(join(node.kubeletRoot, `${index}`), '').catch(() => {});
  })();
  setTimeout(() => {
    isEnding = false;
  }, 300);
  await node[Symbol.asyncDispose]();
  await writing;
  expect(existsSync(dirname(node.kubeletRoot))).toBe(false);
  await rm(manifests, { recursive: true });
});
