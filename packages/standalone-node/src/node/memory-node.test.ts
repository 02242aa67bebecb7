import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createCriClient } from '@solo-kubelet/cri-client';
import { expect, it, vi } from 'vitest';
import { endsByItself, startMemoryNode } from './memory-node.js';

it.each([
  [{ restartPolicy: 'Always' }, 'app', false],
  [{}, 'app', false],
  [undefined, 'app', false],
  [{ restartPolicy: 'Never' }, 'app', true],
  [{ restartPolicy: 'OnFailure' }, 'app', true],
  [{ restartPolicy: 'Always', initContainers: [{ name: 'first' }] }, 'first', true],
  [{ restartPolicy: 'Never', initContainers: [{ name: 'sidecar', restartPolicy: 'Always' }] }, 'sidecar', false],
])('of %j, %s ends by itself: %s', (spec, name, ends) => {
  expect(endsByItself(spec, name)).toBe(ends);
});

it('leaves nothing behind, also while a kubelet that was stopped still writes', async () => {
  const node = await startMemoryNode();
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
});

it('has containers end as their Pods are meant to, whatever Pod has another of the same name', async () => {
  await using node = await startMemoryNode();
  const spec = (restartPolicy: 'Always' | 'Never') => ({ restartPolicy, containers: [{ name: 'app', image: 'a' }] });
  node.seePods(
    new Map([
      ['web', { pod: { spec: spec('Always') } }],
      ['once', { pod: { spec: spec('Never') } }],
    ]),
  );
  await using cri = createCriClient({ endpoint: node.endpoint });
  await cri.images.pullImage({ image: { image: 'a' } } as never);
  const run = async (name: string): Promise<string> => {
    const config = { metadata: { name, uid: name, namespace: 'default', attempt: 0 }, labels: {}, annotations: {} };
    const { podSandboxId } = await cri.runtime.runPodSandbox({ config: config as never, runtimeHandler: '' });
    const container = { metadata: { name: 'app', attempt: 0 }, image: { image: 'a' }, labels: {}, annotations: {} };
    const { containerId } = await cri.runtime.createContainer({ podSandboxId, config: container as never, sandboxConfig: config as never });
    await cri.runtime.startContainer({ containerId });
    return containerId;
  };
  const [ends, stays] = await Promise.all([run('once'), run('web')]);
  const stateOf = async (containerId: string) => (await cri.runtime.containerStatus({ containerId, verbose: false })).status?.state;
  await vi.waitFor(async () => expect(await stateOf(ends)).toBe(2), { timeout: 10_000 });
  expect(await stateOf(stays)).toBe(1);
});
