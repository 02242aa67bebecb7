import { access, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { podManifest, SLEEP, script } from './manifests.js';
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

const statusOf = async (name: string) => (await node.pod(name, isRunning)).status!;

it('the start time of a pod outlives the kubelet, unless a record of the runtime went while it was down', async () => {
  await node.drop('web.yaml', podManifest('web', { initContainers: [script('init', 'true')], containers: [script('app', SLEEP)] }));
  const before = await statusOf('web');
  expect(before.initContainerStatuses?.[0]?.state?.terminated).toMatchObject({ reason: 'Completed', exitCode: 0 });
  await node.restartKubelet();
  expect((await statusOf('web')).startTime).toBe(before.startTime);

  const [init] = await node.containerStatuses('web');
  expect(init?.metadata?.name).toBe('init');
  await node.restartKubelet('SIGTERM', async () => {
    await node.bed.cri.runtime.removeContainer({ containerId: init!.id });
  });
  const after = await statusOf('web');
  expect(Date.parse(after.startTime!)).toBeGreaterThan(Date.parse(before.startTime!));
  expect(after.initContainerStatuses?.[0]?.state?.terminated).toMatchObject({ reason: 'Completed', exitCode: 0 });
  expect(after.containerStatuses?.[0]).toMatchObject({ containerID: before.containerStatuses?.[0]?.containerID, restartCount: 0 });
});

it('what a pod that nobody knows left on disk is cleaned, and what another kubelet left is not', async () => {
  const [pods, logs] = [join(node.bed.rootDirectory, 'pods'), node.bed.podLogsDirectory];
  const marker = 'solo-kubelet';
  await node.restartKubelet('SIGKILL', async () => {
    for (const uid of ['forgotten', 'foreign']) {
      await mkdir(join(pods, uid, 'volumes'), { recursive: true });
      await mkdir(join(logs, `default_${uid}_${uid}`), { recursive: true });
    }
    await writeFile(join(pods, 'forgotten', marker), '');
  });
  const left = async (directory: string) => (await readdir(directory)).filter((name) => /forgotten|foreign/.test(name));
  await waitFor(async () => (await left(pods)).join() === 'foreign', { what: 'the forgotten pod to be cleaned' });
  expect(await left(logs)).toEqual(['default_foreign_foreign']);
  await access(join(pods, 'foreign', 'volumes'));
});
