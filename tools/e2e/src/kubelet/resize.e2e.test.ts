import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { podManifest, SLEEP, script } from './manifests.js';
import { isRunning, startNode, type TestNode } from './node.js';

const MEBIBYTE = 1024 * 1024;
let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(async () => {
  const { bed } = node;
  await node[Symbol.asyncDispose]();
  expect(await bed.leaks()).toEqual([]);
});

it('a pod of a pinned UID is resized in place: its containers and its own cgroup, larger and smaller', async () => {
  const uid = '7d7c5a10-0000-4000-8000-000000000001';
  const sized = (cpu: string, memory: string) =>
    podManifest('sized', { containers: [script('app', SLEEP, { resources: { limits: { cpu, memory } } })] }, { uid });
  const file = async (controller: string, path: string, name: string) =>
    Number(await readFile(join('/sys/fs/cgroup', controller, node.bed.cgroupRoot, 'kubepods', `pod${uid}`, path, name), 'utf8'));
  const limits = async (path: string) => [await file('cpu', path, 'cpu.cfs_quota_us'), await file('memory', path, 'memory.limit_in_bytes')];
  const reach = (expected: readonly number[]) =>
    waitFor(async () => [...(await limits('')), ...(await limits(container))].join() === [...expected, ...expected].join(), {
      what: `limits ${expected}`,
    });

  await node.drop('sized.yaml', sized('200m', '64Mi'));
  await node.pod('sized', isRunning);
  const container = (await node.running()).get('sized/app')!;
  await reach([20_000, 64 * MEBIBYTE]);
  await node.drop('sized.yaml', sized('500m', '128Mi'));
  await reach([50_000, 128 * MEBIBYTE]);
  await node.drop('sized.yaml', sized('100m', '32Mi'));
  await reach([10_000, 32 * MEBIBYTE]);
  expect((await node.running()).get('sized/app')).toBe(container);
});
