import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Pod } from '@solo-kubelet/pod-spec';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../api/free-port.js';
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
const list = (...items: readonly object[]): object => ({ apiVersion: 'v1', kind: 'List', items });
const page = (text: string): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'page' }, data: { 'index.html': text } });

interface WebOptions {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly replicas?: number;
  readonly hostPort?: number;
  readonly deadlineSeconds?: number;
}
/** A web server that shows the ConfigMap. */
const web = (
  name: string,
  image: string,
  version: number,
  { annotations = {}, replicas = 2, hostPort, deadlineSeconds = 8 }: WebOptions = {},
): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, annotations },
  spec: {
    replicas,
    progressDeadlineSeconds: deadlineSeconds,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        terminationGracePeriodSeconds: 5,
        containers: [
          {
            name: 'app',
            image,
            imagePullPolicy: 'IfNotPresent',
            env: [
              { name: 'PORT', value: '8080' },
              { name: 'WWW', value: '/www' },
              { name: 'VERSION', value: String(version) },
            ],
            ports: [{ containerPort: 8080, ...(hostPort !== undefined && { hostPort }) }],
            readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
            volumeMounts: [{ name: 'page', mountPath: '/www' }],
          },
        ],
        volumes: [{ name: 'page', configMap: { name: 'page' } }],
      },
    },
  },
});

const podsOf = async (owner: string): Promise<readonly Pod[]> =>
  (await node.pods()).filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ name }) => name === owner || name.replace(/-[^-]+$/, '') === owner),
  );
const isReady = ({ status, metadata }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') === true;
const versionOf = ({ spec }: Pod): string | undefined => spec.containers[0]?.env?.find(({ name }) => name === 'VERSION')?.value;
const settled = (owner: string, count: number, also: (pod: Pod) => boolean = () => true): Promise<readonly Pod[]> =>
  waitFor(
    async () => {
      const pods = await podsOf(owner);
      return pods.length === count && pods.every((pod) => isReady(pod) && also(pod)) ? pods : undefined;
    },
    { what: `${count} ready Pods of ${owner}`, timeoutMs: 120_000 },
  );
const uids = (pods: readonly Pod[]): readonly string[] => pods.map(({ metadata }) => metadata.uid ?? '').sort();
const fetchText = async (address: string): Promise<string> =>
  (await fetch(`http://${address}/`, { signal: AbortSignal.timeout(2_000) })).text();
const deployment = async (name: string) =>
  (await node.api.listObjects(ABORTABLE)).find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name);
const conditionsOf = async (name: string): Promise<readonly string[]> => {
  const found = await deployment(name);
  return ((found?.status?.['conditions'] ?? []) as readonly { readonly type: string; readonly status: string }[]).map(
    ({ type, status }) => `${type}=${status}`,
  );
};

/** Asks every Pod that serves, again and again, until told to stop; how often, and what went wrong. */
const keepAsking = (owner: string) => {
  const failures: string[] = [];
  let asked = 0;
  let stopped = false;
  const running = (async () => {
    while (!stopped) {
      for (const pod of (await podsOf(owner)).filter(isReady)) {
        asked += 1;
        await fetchText(`${pod.status?.podIP}:8080`).catch((error: unknown) => failures.push(`${pod.metadata.name}: ${error}`));
      }
    }
  })();
  return async () => {
    stopped = true;
    await running;
    return { asked, failures };
  };
};

it('a broken image rolls back by itself while no request fails, and stays back over a restart', async () => {
  await node.drop('web.yaml', list(page('one'), web('web', imageNames.http, 1)));
  const good = uids(await settled('web', 2));
  const stop = keepAsking('web');
  await node.drop('web.yaml', list(page('one'), web('web', 'localhost/solo-kubelet/not-there:1', 2)));
  await waitFor(async () => (await podsOf('web')).some((pod) => versionOf(pod) === '2') || undefined, { what: 'a new Pod' });
  await waitFor(async () => (await conditionsOf('web')).includes('RolledBack=True') || undefined, {
    what: 'the way back',
    timeoutMs: 60_000,
  });
  expect(uids(await settled('web', 2))).toEqual(good);
  const { asked, failures } = await stop();
  expect(failures).toEqual([]);
  expect(asked).toBeGreaterThan(20);
  await node.restartKubelet('SIGKILL');
  expect(uids(await settled('web', 2))).toEqual(good);
  expect(await conditionsOf('web')).toContain('RolledBack=True');
  await node.drop('web.yaml', list(page('one'), web('web', imageNames.http, 3)));
  await settled('web', 2, (pod) => versionOf(pod) === '3');
  expect(await conditionsOf('web')).not.toContain('RolledBack=True');
}, 300_000);

it('an edit of a ConfigMap shows in the files at once, or, where it is asked for, rolls the Pods', async () => {
  await node.drop('web.yaml', list(page('two'), web('web', imageNames.http, 3)));
  const before = await settled('web', 2);
  await waitFor(async () => (await fetchText(`${before[0]?.status?.podIP}:8080`)).includes('two') || undefined, { what: 'the new page' });
  expect(uids(await settled('web', 2))).toEqual(uids(before));
  const annotations = { 'restart-on-change.solo-kubelet.dev': 'true' };
  await node.drop('web.yaml', list(page('two'), web('web', imageNames.http, 3, { annotations })));
  // What changes together with the annotation is what the Pods begin with: only a later edit rolls them.
  await waitFor(async () => 'restart-on-change.solo-kubelet.dev' in ((await deployment('web'))?.metadata.annotations ?? {}) || undefined, {
    what: 'the annotation',
    timeoutMs: 60_000,
  });
  await node.drop('web.yaml', list(page('three'), web('web', imageNames.http, 3, { annotations })));
  const after = await settled('web', 2, ({ metadata }) => !uids(before).includes(metadata.uid ?? ''));
  expect(await fetchText(`${after[0]?.status?.podIP}:8080`)).toContain('three');
  await node.restartKubelet('SIGTERM');
  expect(uids(await settled('web', 2))).toEqual(uids(after));
}, 300_000);

it('a Deployment with a host port is updated', async () => {
  const [hostPort = 0] = await freePorts(1);
  await node.drop('edge.yaml', list(web('edge', imageNames.http, 1, { replicas: 1, hostPort })));
  const before = await settled('edge', 1);
  await node.drop('edge.yaml', list(web('edge', imageNames.http, 2, { replicas: 1, hostPort })));
  const after = await settled('edge', 1, (pod) => versionOf(pod) === '2');
  expect(uids(after)).not.toEqual(uids(before));
  await waitFor(async () => (await fetchText(`127.0.0.1:${hostPort}`)) || undefined, { what: 'an answer at the host port' });
  await node.remove('edge.yaml');
}, 300_000);

/** More with SOLO_KUBELET_KILLS. */
const KILLS = Number(process.env['SOLO_KUBELET_KILLS'] ?? 4);

it(`a kubelet that is killed at ${KILLS} random points of rollouts ends each of them`, async () => {
  for (let version = 10; version < 10 + KILLS; version += 1) {
    await node.drop('web.yaml', list(page('four'), web('web', imageNames.http, version, { deadlineSeconds: 60 })));
    const delayMs = randomInt(2_000);
    console.info(`killed ${delayMs} ms into the rollout of version ${version}`);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    await node.restartKubelet('SIGKILL');
    await settled('web', 2, (pod) => versionOf(pod) === String(version));
  }
  const running = [...(await node.running()).keys()].filter((name) => name.startsWith('web-'));
  expect(running).toHaveLength(2);
}, 600_000);

it('the shop of the examples opens, and its page follows the file', async () => {
  const shop = await readFile(new URL('../../../../examples/more/shop.yaml', import.meta.url), 'utf8');
  const shows = (text: string) =>
    waitFor(async () => ((await fetchText('127.0.0.1:8480').catch(() => '')).includes(text) ? true : undefined), {
      what: `the shop with "${text}"`,
      timeoutMs: 90_000,
    });
  await node.drop('shop.yaml', shop);
  await shows('The shop is open');
  const before = uids(await settled('shop', 1));
  expect(uids(await settled('recorder', 1))).toHaveLength(1);
  // Each waited for the one before: the recorder for the Job, the shop for the recorder, the watcher for the shop.
  const beganAt = async (owner: string): Promise<number> => Date.parse((await podsOf(owner))[0]?.metadata.creationTimestamp ?? '');
  expect(await beganAt('prepare')).toBeLessThanOrEqual(await beganAt('recorder'));
  const watcher = await node.pod('watcher', isReady, 60_000);
  expect(Date.parse(watcher.status?.startTime ?? '')).toBeGreaterThanOrEqual(await beganAt('shop'));
  await node.drop('shop.yaml', shop.replace('The shop is open', 'The shop is closed'));
  await shows('The shop is closed');
  expect(uids(await settled('shop', 1))).not.toEqual(before);
  await waitFor(async () => ((await node.log('watcher', 'watcher')).includes('closed') ? true : undefined), {
    what: 'what the watcher sees',
    timeoutMs: 30_000,
  });
  await node.remove('shop.yaml');
}, 300_000);

it('a CronJob of every minute runs once a minute, across a restart of the kubelet', async () => {
  await node.drop('tick.yaml', {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'tick' },
    spec: {
      schedule: '* * * * *',
      jobTemplate: {
        spec: {
          template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: imageNames.busybox, command: ['true'] }] } },
        },
      },
    },
  });
  const jobs = async (): Promise<readonly string[]> =>
    (await node.api.listObjects(ABORTABLE)).flatMap(({ kind, metadata, status }) =>
      kind === 'Job' && metadata.name.startsWith('tick-') && Number(status?.['succeeded'] ?? 0) === 1 ? [metadata.name] : [],
    );
  const [first] = await waitFor(async () => ((await jobs()).length > 0 ? jobs() : undefined), { what: 'a first run', timeoutMs: 100_000 });
  await node.restartKubelet('SIGKILL');
  const both = await waitFor(async () => ((await jobs()).length > 1 ? jobs() : undefined), { what: 'a second run', timeoutMs: 100_000 });
  const minutes = both.map((name) => Number(name.slice('tick-'.length))).sort();
  expect(minutes[1]! - minutes[0]!).toBe(1);
  expect(`tick-${minutes[0]}`).toBe(first);
  await node.remove('tick.yaml');
  await node.remove('web.yaml');
  await waitFor(async () => ((await node.pods()).length === 0 ? true : undefined), { what: 'the end of all Pods', timeoutMs: 120_000 });
}, 400_000);
