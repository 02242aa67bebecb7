import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
