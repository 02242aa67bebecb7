import { copyFile, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { containerdLayout } from '../../../../packages/standalone-node/src/containerd/layout.js';
import { kubeletCli } from '../cli/command-line.js';
import { sleeper } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';

let node: TestNode;
let confDir: string;
beforeAll(async () => {
  node = await startNode();
  confDir = containerdLayout(join(node.bed.directory, 'node'), join(node.bed.directory, 'run')).cniConfigDirectory;
});
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  expect(await node.bed.leaks()).toEqual([]);
});

interface NodeObject {
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string; readonly message: string }[] };
}
const options = { signal: new AbortController().signal };
const readyCondition = async () => {
  const { status } = (await node.api.getNode(options)) as unknown as NodeObject;
  return status.conditions.find(({ type }) => type === 'Ready');
};
const nodeEvents = async () => (await node.api.listEvents(options)).filter(({ involvedObject }) => involvedObject?.kind === 'Node');
const doctor = async () => (await kubeletCli(['doctor', '--runtime-endpoint', node.bed.endpoint])).stdout;

it('a network that is not ready is explained by the node, its events and doctor, until it is mended', async () => {
  expect(await readyCondition()).toMatchObject({ status: 'True' });
  expect(await doctor()).not.toContain('Pod network');
  await node.drop('steady.yaml', sleeper('steady'));
  await node.pod('steady', isRunning);

  const [file = ''] = await readdir(confDir);
  const away = join(node.bed.directory, file);
  await rename(join(confDir, file), away);
  const sentence = 'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:';
  const cause = `there is no .conf, .conflist or .json file in ${confDir}`;
  await waitFor(async () => (await readyCondition())?.status === 'False', { what: 'the node to be not ready' });
  const { message } = (await readyCondition())!;
  expect(message).toContain(sentence);
  expect(message).toContain(cause);
  const event = await waitFor(async () => (await nodeEvents())[0], { what: 'the event' });
  expect(event).toMatchObject({ type: 'Warning', reason: 'NetworkNotReady', message: expect.stringContaining(cause) });
  expect(await doctor()).toContain(`✗ Pod network: ${cause}\n    mkdir -p ${confDir}`);
  expect((await node.pod('steady', isRunning)).status?.containerStatuses?.[0]?.restartCount).toBe(0);

  await copyFile(away, join(confDir, file)); // containerd notices a file that is written, not one that is moved here
  await waitFor(async () => (await readyCondition())?.status === 'True', { what: 'the node to be ready again' });
  await node.drop('late.yaml', sleeper('late'));
  await node.pod('late', isRunning);
});
