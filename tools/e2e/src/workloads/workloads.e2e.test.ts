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

const ABORTABLE = { signal: new AbortController().signal };
const STAY = 'trap "exit 0" TERM; sleep 1000000 & wait $!';
const template = (app: string, script: string, more: object = {}): object => ({
  metadata: { labels: { app } },
  spec: {
    terminationGracePeriodSeconds: 5,
    containers: [{ name: 'app', image: imageNames.busybox, command: ['sh', '-c', script], ...more }],
  },
});
const workload = (kind: string, name: string, spec: object, apiVersion = 'apps/v1'): object => ({
  apiVersion,
  kind,
  metadata: { name },
  spec,
});
const deployment = (version: number): object =>
  workload('Deployment', 'web', {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: template('web', STAY, { env: [{ name: 'VERSION', value: String(version) }] }),
  });
const stateful = workload('StatefulSet', 'db', {
  replicas: 2,
  selector: { matchLabels: { app: 'db' } },
  template: template('db', STAY),
});
/** Index 1 fails for good; each run leaves a line. */
const job = workload(
  'Job',
  'work',
  {
    completions: 3,
    parallelism: 3,
    completionMode: 'Indexed',
    backoffLimitPerIndex: 0,
    maxFailedIndexes: 3,
    template: {
      spec: {
        restartPolicy: 'Never',
        containers: [
          {
            name: 'app',
            image: imageNames.busybox,
            command: ['sh', '-c', 'echo ran $JOB_COMPLETION_INDEX; [ "$JOB_COMPLETION_INDEX" != 1 ]'],
          },
        ],
      },
    },
  },
  'batch/v1',
);

const podsOf = async (owner: string): Promise<readonly Pod[]> =>
  (await node.pods()).filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ name }) => name === owner || name.replace(/-[^-]+$/, '') === owner),
  );
const isReady = ({ status, metadata }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') === true;
const versionOf = ({ spec }: Pod): string | undefined => spec.containers[0]?.env?.[0]?.value;
const settled = (owner: string, count: number, also: (pods: readonly Pod[]) => boolean = () => true): Promise<readonly Pod[]> =>
  waitFor(
    async () => {
      const pods = await podsOf(owner);
      return pods.length === count && pods.every(isReady) && also(pods) ? pods : undefined;
    },
    { what: `${count} ready Pods of ${owner}`, timeoutMs: 120_000 },
  );
const object = async (kind: string, name: string): Promise<{ readonly status: Record<string, unknown> } | undefined> =>
  (await node.api.listObjects(ABORTABLE)).find((one) => one.kind === kind && one.metadata?.name === name) as
    | { readonly status: Record<string, unknown> }
    | undefined;

it('runs workloads of one file, rolls an edit, and leaves everything alone over a restart', async () => {
  await node.drop('app.yaml', { apiVersion: 'v1', kind: 'List', items: [deployment(1), stateful, job] });
  const [first] = await settled('web', 2);
  expect(first?.metadata.name).toMatch(/^web-[b-z0-9]+-[b-z0-9]{5}$/);
  expect((await settled('db', 2)).map(({ metadata }) => metadata.name).sort()).toEqual(['db-0', 'db-1']);
  const finished = await waitFor(
    async () => {
      const status = (await object('Job', 'work'))?.status as { readonly conditions?: readonly { readonly type: string }[] } | undefined;
      return status?.conditions?.some(({ type }) => type === 'Failed') ? status : undefined;
    },
    { what: 'the end of the Job', timeoutMs: 120_000 },
  );
  expect(finished).toMatchObject({ succeeded: 2, failed: 1, completedIndexes: '0,2', failedIndexes: '1' });

  await node.drop('app.yaml', { apiVersion: 'v1', kind: 'List', items: [deployment(2), stateful, job] });
  const rolled = await settled('web', 2, (pods) => pods.every((pod) => versionOf(pod) === '2'));
  const before = [...rolled, ...(await podsOf('db')), ...(await podsOf('work'))].map(({ metadata }) => metadata.uid).sort();
  const containers = [...(await node.running()).values()].sort();
  await node.restartKubelet('SIGKILL');
  await settled('web', 2);
  const after = [...(await podsOf('web')), ...(await podsOf('db')), ...(await podsOf('work'))].map(({ metadata }) => metadata.uid).sort();
  expect(after).toEqual(before);
  expect([...(await node.running()).values()].sort()).toEqual(containers);
  expect((await object('Deployment', 'web'))?.status).toMatchObject({ replicas: 2, availableReplicas: 2 });

  await node.remove('app.yaml');
  await waitFor(async () => ((await node.pods()).length === 0 ? true : undefined), { what: 'the end of all Pods', timeoutMs: 120_000 });
}, 900_000);
