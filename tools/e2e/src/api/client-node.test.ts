import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { CoreV1Api, type Informer, KubeConfig, makeInformer, type V1ConfigMap } from '@kubernetes/client-node';
import { createMemoryStore, startApiServer } from '@solo-kubelet/api-server';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { mapsOf, writeMap } from './map-writer.js';

// The example of docs/api-server-for-tests.md, and what informers of Kubernetes' own client see.

const LIMIT = { timeoutMs: 60_000 };
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'client-node-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const clientOf = ({ kubeconfig }: { readonly kubeconfig: string }) => {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  return { config, core: config.makeApiClient(CoreV1Api) };
};
const namespace = 'default';

it('a client finds what files hold, with defaults and status, and changes it', async () => {
  const path = join(directory, 'shop.yaml');
  await writeFile(
    path,
    `apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop }
spec: { containers: [{ name: app, image: nginx }] }
status: { phase: Running }
`,
  );
  await using server = await startApiServer({ files: [path] });
  const { core } = clientOf(server);
  const pod = await core.readNamespacedPod({ namespace: 'shop', name: 'web' });
  expect([pod.status?.phase, pod.spec?.restartPolicy]).toEqual(['Running', 'Always']);
  await core.patchNamespacedPod({
    namespace: 'shop',
    name: 'web',
    body: [{ op: 'add', path: '/metadata/labels', value: { seen: 'yes' } }],
  });
  const { items } = await core.listNamespacedPod({ namespace: 'shop', labelSelector: 'seen=yes' });
  expect(items.map(({ metadata }) => metadata?.name)).toEqual(['web']);
});

it('files that the server would refuse are an error that names them, and the document', async () => {
  const path = join(directory, 'bad.yaml');
  await writeFile(path, 'apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [] }\n');
  await expect(startApiServer({ files: [path] })).rejects.toThrow(
    `${path}, document 1: Pod "web" is invalid: spec.containers: Required value`,
  );
  await writeFile(path, '---\n---\napiVersion: v1\nkind: Sock\n');
  await expect(startApiServer({ files: [path] })).rejects.toThrow(/document \d: there is no kind "Sock" in "v1"/);
});

it('an informer loses and doubles no event of 10,000 changes, nor of those behind a 410', { timeout: 240_000 }, async () => {
  const store = createMemoryStore({ maxEvents: 2_000 });
  await using server = await startApiServer({ store });
  const { config, core } = clientOf(server);
  const seen: string[] = [];
  const note = (verb: string) => (map: V1ConfigMap) => void seen.push(`${verb} ${map.metadata?.name} ${map.data?.['n'] ?? ''}`);
  const informer: Informer<V1ConfigMap> = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
    core.listNamespacedConfigMap({ namespace }),
  );
  informer.on('add', note('add'));
  informer.on('update', note('update'));
  informer.on('delete', note('delete'));
  await informer.start();

  const wanted: string[] = [];
  for (let n = 0; n < 10_000; n += 1) {
    wanted.push(writeMap(store, n));
    if (n % 50 === 0) await turn();
    if (n % 1_000 === 999) await waitFor(async () => seen.length === wanted.length, { what: `event ${n}`, ...LIMIT });
  }
  expect(seen).toEqual(wanted);

  // What is missed meanwhile is more than the server remembers: the version that the informer comes back with has gone.
  await informer.stop();
  for (let n = 10_000; n < 15_000; n += 1) writeMap(store, n);
  const now = mapsOf(store);
  seen.length = 0;
  await informer.start();
  const known = (): unknown =>
    new Map(seen.filter((line) => !line.startsWith('delete')).map((line) => line.split(' ').slice(1) as [string, string]));
  await waitFor(async () => (known() as Map<string, string>).size >= now.size, { what: 'the present', ...LIMIT });
  expect(known()).toEqual(now);
  expect(seen).toHaveLength(new Set(seen).size);
  await informer.stop();
});
