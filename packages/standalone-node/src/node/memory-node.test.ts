import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createCriClient } from '@solo-kubelet/cri-client';
import { expect, it, vi } from 'vitest';
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

it('has containers of Jobs end and those of the same name in other Pods run on; one file will do', async () => {
  const manifests = await mkdtemp(join(tmpdir(), 'manifests-'));
  const file = join(manifests, 'app.yaml');
  const spec = (more: string) => `{containers: [{name: app, image: a}]${more}}`;
  const texts = [
    `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: ${spec('')}`,
    `apiVersion: v1\nkind: Pod\nmetadata: {name: web-once}\nspec: ${spec(', restartPolicy: Never')}`,
    `apiVersion: batch/v1\nkind: Job\nmetadata: {name: job}\nspec: {template: {spec: ${spec(', restartPolicy: Never')}}}`,
  ];
  await writeFile(file, texts.join('\n---\n'));
  await using node = await startMemoryNode(file);
  await using cri = createCriClient({ endpoint: node.endpoint });
  await cri.images.pullImage({ image: { image: 'a' } } as never);
  const run = async (name: string, labels = {}): Promise<string> => {
    const config = { metadata: { name, uid: name, namespace: 'default', attempt: 0 }, labels, annotations: {} };
    const { podSandboxId } = await cri.runtime.runPodSandbox({ config: config as never, runtimeHandler: '' });
    const container = { metadata: { name: 'app', attempt: 0 }, image: { image: 'a' }, labels: {}, annotations: {} };
    const { containerId } = await cri.runtime.createContainer({ podSandboxId, config: container as never, sandboxConfig: config as never });
    await cri.runtime.startContainer({ containerId });
    return containerId;
  };
  const ends = await Promise.all([run('web-once-node1'), run('job-abcde'), run('late-abcde', { 'batch.kubernetes.io/job-name': 'late' })]);
  const stays = await run('web-node1');
  const stateOf = async (containerId: string) => (await cri.runtime.containerStatus({ containerId, verbose: false })).status?.state;
  await vi.waitFor(async () => expect(await Promise.all(ends.map(stateOf))).toEqual(ends.map(() => 2)), { timeout: 10_000 });
  expect(await stateOf(stays)).toBe(1);
  await rm(manifests, { recursive: true });
});
