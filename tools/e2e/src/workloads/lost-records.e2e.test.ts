import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '@solo-kubelet/pod-spec';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startNode, type TestNode } from '../kubelet/node.js';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(async () => {
  const { bed } = node;
  await node[Symbol.asyncDispose]();
  expect(await bed.leaks()).toEqual([]);
});

const STAY = 'trap "exit 0" TERM; sleep 1000000 & wait $!';
const podSpec = (script: string, more: object = {}): object => ({
  terminationGracePeriodSeconds: 5,
  containers: [{ name: 'app', image: imageNames.busybox, command: ['sh', '-c', script] }],
  ...more,
});
const job = (script: string): object => ({ template: { spec: podSpec(script, { restartPolicy: 'Never' }) } });
const batch = (kind: string, name: string, spec: object): object => ({ apiVersion: 'batch/v1', kind, metadata: { name }, spec });
const paused = (isPaused: boolean): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    paused: isPaused,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: podSpec(STAY) },
  },
});
const app = (isPaused: boolean): object => ({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    batch('Job', 'once', job('echo ran')),
    batch('CronJob', 'tick', { schedule: '* * * * *', concurrencyPolicy: 'Forbid', jobTemplate: { spec: job(STAY) } }),
    paused(isPaused),
  ],
});

const phases = async (): Promise<ReadonlyMap<string, string>> =>
  new Map((await node.pods()).map(({ metadata, status }: Pod) => [`${metadata.name} ${metadata.uid}`, status?.phase ?? '']));
const started = (phase: string, prefix: string, all: ReadonlyMap<string, string>): boolean =>
  [...all].some(([name, is]) => name.startsWith(prefix) && is === phase);

it('workloads of which every record is lost do nothing anew: not a Job that ran, not a run of a CronJob, not a paused Deployment', async () => {
  await node.drop('app.yaml', app(false));
  const all = (): Promise<ReadonlyMap<string, string>> =>
    waitFor(
      async () => {
        const now = await phases();
        const isThere = started('Succeeded', 'once-', now) && started('Running', 'tick-', now) && started('Running', 'web-', now);
        return isThere ? now : undefined;
      },
      { what: 'a Job that ran, a run of the CronJob and the Pod of the Deployment', timeoutMs: 120_000 },
    );
  await all();
  await node.drop('app.yaml', app(true));
  const before = await all();
  expect(before.size).toBe(3);
  await node.restartKubelet('SIGKILL', async () => {
    for (const kept of ['workloads', 'pod-status', 'manifests', 'events.json'])
      await rm(join(node.bed.rootDirectory, kept), { recursive: true, force: true });
  });
  expect(await all()).toEqual(before);
  // The next start of the CronJob is forbidden by the run that goes on.
  await node.restartKubelet('SIGKILL');
  expect(await all()).toEqual(before);
  await node.remove('app.yaml');
  await waitFor(async () => ((await node.pods()).length === 0 ? true : undefined), { what: 'the end of all Pods', timeoutMs: 120_000 });
}, 400_000);
