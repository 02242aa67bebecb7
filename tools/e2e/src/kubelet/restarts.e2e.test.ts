import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sleeper } from './manifests.js';
import { isRunning, startNode, type TestNode } from './node.js';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(async () => {
  const { bed } = node;
  await node[Symbol.asyncDispose]();
  expect(await bed.leaks()).toEqual([]);
});

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `pod-${index}`);

it('a kubelet killed while 20 pods run comes back, disturbs none of them, and catches up', async () => {
  for (const name of names(20)) await node.drop(`${name}.yaml`, sleeper(name));
  for (const name of names(20)) await node.pod(name, isRunning, 120_000);
  const before = await node.running();
  await node.restartKubelet('SIGKILL', async () => {
    await node.remove('pod-0.yaml');
    await node.drop('late.yaml', sleeper('late'));
  });
  await node.pod('late', isRunning);
  await node.gone('pod-0');
  await waitFor(async () => !(await node.running()).has('pod-0/app'), { what: 'end of pod-0' });
  const after = await node.running();
  for (const name of names(20).slice(1)) {
    expect(after.get(`${name}/app`), name).toBe(before.get(`${name}/app`));
    expect((await node.pod(name, isRunning)).status?.containerStatuses?.[0]?.restartCount).toBe(0);
  }
});

it('containerd killed and started again: every pod is there once, and new ones start', async () => {
  const before = await node.running();
  await node.bed.containerd.kill('SIGKILL');
  await node.bed.containerd.start();
  await node.drop('after.yaml', sleeper('after'));
  await node.pod('after', isRunning);
  const after = await node.running();
  for (const [key, id] of before) expect(after.get(key), key).toBe(id);
  const { containers } = await node.bed.cri.runtime.listContainers({ filter: { state: { state: 1 } } });
  expect(new Set(containers.map(({ labels }) => `${labels['io.kubernetes.pod.uid']}/${labels['io.kubernetes.container.name']}`)).size).toBe(
    containers.length,
  );
});

it('pods that somebody else started are never touched', async () => {
  const config = {
    metadata: { name: 'stranger', namespace: 'default', uid: 'stranger', attempt: 0 },
    linux: { cgroupParent: `${node.bed.cgroupRoot}/stranger`, securityContext: { namespaceOptions: {} } },
  };
  const { podSandboxId } = await node.bed.cri.runtime.runPodSandbox({ config });
  const { containerId } = await node.bed.cri.runtime.createContainer({
    podSandboxId,
    sandboxConfig: config,
    config: { metadata: { name: 'app', attempt: 0 }, image: { image: imageNames.http }, linux: {} },
  });
  await node.bed.cri.runtime.startContainer({ containerId });
  await node.restartKubelet();
  await node.drop('nudge.yaml', sleeper('nudge'));
  await node.pod('nudge', isRunning);
  const { status } = await node.bed.cri.runtime.containerStatus({ containerId });
  expect(status?.state).toBe(1);
  await node.bed.cri.runtime.stopPodSandbox({ podSandboxId });
  await node.bed.cri.runtime.removePodSandbox({ podSandboxId });
});
