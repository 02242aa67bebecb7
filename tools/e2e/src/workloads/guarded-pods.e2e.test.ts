import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kubeletCli, type Ran } from '../cli/command-line.js';
import { STAY } from '../environment/looking.js';
import { podManifest, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(async () => {
  const { bed } = node;
  await node[Symbol.asyncDispose]();
  expect(await bed.leaks()).toEqual([]);
});

const cli = (...argv: readonly string[]): Promise<Ran> => kubeletCli([...argv, '--socket', join(node.bed.directory, 'kubelet.sock')]);
const ABORTABLE = { signal: new AbortController().signal };
const BACK = {
  'rollback.solo-kubelet.dev': 'true',
  'rollback.solo-kubelet.dev/deadline-seconds': '10',
  'rollback.solo-kubelet.dev/min-ready-seconds': '1',
};
const HELD = 'rollback.solo-kubelet.dev/held-back';
const web = (image: string, annotations: object = BACK): object => ({
  ...podManifest('web', { terminationGracePeriodSeconds: 2, containers: [{ ...script('app', STAY), image }] }),
  metadata: { name: 'web', annotations },
});
const runs = (image: string) => node.pod('web', (pod) => isRunning(pod) && pod.spec.containers[0]?.image === image);

it('a Pod goes back by itself to what served, stays there over a restart, and tries again when its file is touched', async () => {
  await node.drop('web.yaml', web(imageNames.busybox));
  const good = await runs(imageNames.busybox);
  // What may be gone back to has served for a second, which is on disk by then.
  await waitFor(async () => ((await cli('get', 'pod', 'web')).stdout.match(/ ([3-9]|\d\d)s$/m) ? true : undefined), {
    what: 'a Pod that is good',
    intervalMs: 500,
  });
  await node.drop('web.yaml', web('localhost/solo-kubelet/not-there:1'));
  const back = await node.pod('web', (pod) => isRunning(pod) && pod.metadata.annotations?.[HELD] !== undefined, 90_000);
  expect(back.metadata.uid).toBe(good.metadata.uid);
  expect(back.metadata.annotations?.[HELD]).toBe('it did not come to serve within 10 s');
  expect((await node.event('web', 'RolloutFailed')).message).toContain('going back to what served before');
  expect((await cli('describe', 'pod', 'web')).stdout).toContain('it did not come to serve within 10 s');
  await node.restartKubelet('SIGKILL');
  // By the annotation: its manifest has been read by then, so that a touch is one.
  const again = await node.pod('web', (pod) => isRunning(pod) && pod.metadata.annotations?.[HELD] !== undefined);
  expect(again.status?.containerStatuses?.[0]?.containerID).toBe(back.status?.containerStatuses?.[0]?.containerID);
  const tries = () => node.pod('web', (pod) => pod.spec.containers[0]?.image === 'localhost/solo-kubelet/not-there:1');
  await utimes(join(node.bed.manifestDirectory, 'web.yaml'), new Date(), new Date());
  await tries();
  // And once more by the command, after it has gone back again.
  await node.pod('web', (pod) => isRunning(pod) && pod.metadata.annotations?.[HELD] !== undefined, 90_000);
  expect(await cli('rollout', 'retry', 'pod/web')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('pod/web-node1 to be tried again'),
  });
  await tries();
  expect(await cli('rollout', 'retry', 'pod/web')).toMatchObject({ status: 1, stderr: expect.stringContaining('is held back') });
  await node.drop('web.yaml', web(imageNames.busybox, { ...BACK, note: 'mended' }));
  const mended = await runs(imageNames.busybox);
  expect(mended.metadata.annotations?.[HELD]).toBeUndefined();
  await node.remove('web.yaml');
  await node.gone('web');
}, 240_000);

it('a Pod that waits for a Job is Pending with the reason, and begins when the Job is done', async () => {
  await node.drop('web.yaml', web(imageNames.busybox, { 'wait-for.solo-kubelet.dev': 'job/migrate=Complete' }));
  const waits = await node.pod('web', ({ status }) => status?.reason === 'WaitingFor');
  expect(waits.status).toMatchObject({ phase: 'Pending', message: 'Waiting for job/migrate=Complete' });
  expect(await node.event('web', 'WaitingFor')).toMatchObject({ type: 'Normal' });
  expect((await cli('get', 'pods')).stdout).toMatch(/^web-node1 +0\/1 +WaitingFor /m);
  await node.drop('migrate.yaml', {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'migrate' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [script('app', 'true')] } } },
  });
  const running = await runs(imageNames.busybox);
  // An edit that waits leaves the old Pod alone, and what has begun goes on.
  await node.drop('web.yaml', web(imageNames.busybox, { 'wait-for.solo-kubelet.dev': 'job/next=Complete' }));
  await waitFor(async () => (await node.api.listEvents(ABORTABLE)).find(({ message }) => message === 'Waiting for job/next=Complete'), {
    what: 'word of the wait',
  });
  await node.remove('migrate.yaml');
  await node.restartKubelet('SIGKILL');
  expect((await runs(imageNames.busybox)).metadata.uid).toBe(running.metadata.uid);
  await node.remove('web.yaml');
  await node.gone('web');
}, 240_000);
