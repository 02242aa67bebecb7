import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { BehaviorSubject } from 'rxjs';
import { it } from 'vitest';
import { serveNode, TOKENS } from '../../../packages/kube-api/test/serve-node.js';
import { startApiNode } from '../../e2e/src/api/kubectl.js';
import { podManifest } from '../../e2e/src/kubelet/manifests.js';
import { type Figure, report, spread } from './figures.js';
import { cpuPercent, pssMiB } from './process-cost.js';

const PODS = 30;
const MANY_PODS = 2_000;
const WATCHES = 500;
const REQUESTS = 200;
const ENDINGS = 15;
const REST_SECONDS = 30;
/** Until the kubelet has handed back what the work took. */
const SETTLE_MS = 35_000;
const PODS_PATH = '/api/v1/namespaces/default/pods';
/** What `kubectl get pods` asks for. */
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

const send = async (options: RequestOptions, path: string, accept = TABLE) => {
  const sent = request({ ...options, path, headers: { ...options.headers, accept } });
  sent.end();
  return new Promise<IncomingMessage>((resolve, reject) => {
    sent.on('response', resolve);
    sent.on('error', reject);
  });
};

/** How long lists of Pods take over one connection that is there already, ms. */
const lists = async (given: RequestOptions): Promise<readonly number[]> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const options = { ...given, agent };
  const took: number[] = [];
  for (let index = 0; index < REQUESTS + 20; index += 1) {
    const before = performance.now();
    const body = await text(await send(options, `${PODS_PATH}?limit=500`));
    if (index >= 20) took.push(performance.now() - before);
    if (!body.includes('"Table"')) throw new Error(body.slice(0, 300));
  }
  agent.destroy();
  return took;
};

const pod = (name: string, command: readonly string[], restartPolicy: string) =>
  podManifest(name, {
    restartPolicy,
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'app', image: imageNames.busybox, imagePullPolicy: 'IfNotPresent', command }],
  });

interface WatchEvent {
  readonly object: {
    readonly metadata: { readonly name: string };
    readonly status?: { readonly containerStatuses?: readonly { readonly state?: { readonly terminated?: object } }[] };
  };
}

it('measures lists, watches and events of the API of a node', { timeout: 900_000 }, async () => {
  const figures: Figure[] = [];
  const note = (name: string, unit: string, values: readonly number[], goal: string): void =>
    void figures.push({ name, unit, spread: spread(values), goal });

  const views = new Map(
    Array.from({ length: MANY_PODS }, (_, index) => {
      const uid = `uid-${index}`;
      const status = { phase: 'Running', containerStatuses: [{ name: 'app', ready: true, restartCount: 0, state: { running: {} } }] };
      const metadata = { name: `pod-${index}`, namespace: 'default', uid, labels: { app: 'web' } };
      const one = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata,
        spec: { nodeName: 'node1', containers: [{ name: 'app', image: 'a' }] },
        status,
      };
      return [uid, { podUid: uid, pod: one, origin: undefined, terminating: false, waitingForName: false }] as const;
    }),
  );
  {
    await using many = await serveNode({ pods$: new BehaviorSubject(views) as never });
    const headers = { authorization: `Bearer ${TOKENS.admin}` };
    const options = { host: '127.0.0.1', port: many.port, rejectUnauthorized: false, headers };
    note(`list of ${MANY_PODS} Pods as a table (500 a page)`, 'ms', await lists(options), 'under 80');
    const whole: number[] = [];
    for (let index = 0; index < 30; index += 1) {
      const before = performance.now();
      await text(await send(options, PODS_PATH));
      whole.push(performance.now() - before);
    }
    note(`… all at once`, 'ms', whole, 'under 80');
  }

  await using api = await startApiNode();
  const { node, port } = api;
  const config = JSON.parse(await readFile(api.kubeconfig, 'utf8')) as {
    readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
    readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  };
  const decoded = (given: string | undefined): Buffer => Buffer.from(given ?? '', 'base64');
  const options = {
    host: '127.0.0.1',
    port,
    cert: decoded(config.users[0]?.user['client-certificate-data']),
    key: decoded(config.users[0]?.user['client-key-data']),
    ca: decoded(config.clusters[0]?.cluster['certificate-authority-data']),
  };
  for (let index = 0; index < PODS; index += 1) await node.drop(`idle-${index}.yaml`, pod(`idle-${index}`, ['sleep', '100000'], 'Always'));
  await waitFor(async () => (await node.running()).size === PODS, { what: 'all Pods', timeoutMs: 180_000 });
  note(`list of ${PODS} Pods as a table`, 'ms', await lists(options), 'under 15');

  // From the end of a container by the runtime's own clock to the line of the watch that says so.
  const seenAt = new Map<string, number>();
  const watch = await send({ ...options, agent: new Agent() }, `${PODS_PATH}?watch=true`, 'application/json');
  createInterface(watch).on('line', (line) => {
    const { object } = JSON.parse(line) as WatchEvent;
    const ended = object.status?.containerStatuses?.[0]?.state?.terminated !== undefined;
    if (ended && !seenAt.has(object.metadata.name)) seenAt.set(object.metadata.name, Date.now());
  });
  const late: number[] = [];
  for (let index = 0; index < ENDINGS; index += 1) {
    const name = `ends-${index}`;
    await node.drop(`${name}.yaml`, pod(name, ['sleep', '1'], 'Never'));
    const seen = await waitFor(async () => seenAt.get(`${name}-node1`), { what: `the end of ${name}`, timeoutMs: 60_000, intervalMs: 20 });
    // The event is there before the runtime's record, and the record before anybody removes the container.
    const finishedAt = await waitFor(
      async () => {
        const [status] = await node.containerStatuses(name);
        return status !== undefined && status.finishedAt !== 0n ? Number(status.finishedAt) : undefined;
      },
      { what: `the record of the end of ${name}`, timeoutMs: 60_000, intervalMs: 20 },
    );
    late.push(seen - finishedAt / 1e6);
    await node.remove(`${name}.yaml`);
  }
  note('end of a container in the runtime → event of a watch', 'ms', late, 'under 20 in the median');
  watch.destroy();

  await delay(SETTLE_MS);
  const pid = node.kubelet().pid;
  const [restBefore, pssBefore] = [await cpuPercent(pid, REST_SECONDS), await pssMiB(pid)];
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  const open: { destroy(): unknown }[] = [];
  for (let index = 0; index < WATCHES; index += 1) {
    const answer = await send({ ...options, agent }, `${PODS_PATH}?watch=true&resourceVersion=0`, 'application/json');
    answer.on('error', () => {}).resume();
    open.push(answer);
  }
  await delay(SETTLE_MS);
  const [rest, pss] = [await cpuPercent(pid, REST_SECONDS), await pssMiB(pid)];
  note(`each of ${WATCHES} watches (PSS)`, 'kB', [((pss - pssBefore) * 1024) / WATCHES], 'under 60');
  note('CPU at rest without watches', '% of a core', [restBefore], '');
  note(`CPU at rest with ${WATCHES} watches`, '% of a core', [rest], 'as without');
  for (const each of open) each.destroy();
  agent.destroy();
  process.stdout.write(`${report(figures)}\n`);
});
