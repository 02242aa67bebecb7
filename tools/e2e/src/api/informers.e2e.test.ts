import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from '@kubernetes/client-node';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiNode, startApiNode } from './kubectl.js';
import { python, startPythonInformer } from './python-client.js';

// What informers of Kubernetes' clients for JavaScript and Python tell of changes on both sides of a kubelet that is killed.

const LIMIT = { timeoutMs: 60_000 };
const NAMES = 20;
const CHANGES = 200;
const namespace = 'default';

let api: ApiNode;
let core: CoreV1Api;
let config: KubeConfig;
beforeAll(async () => {
  api = await startApiNode();
  config = new KubeConfig();
  config.loadFromString(await readFile(api.kubeconfig, 'utf8'));
  core = config.makeApiClient(CoreV1Api);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  expect(await api.node.bed.leaks()).toEqual([]);
});

const startJavaScript = async () => {
  const lines: string[] = [];
  let isEnding = false;
  const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
    core.listNamespacedConfigMap({ namespace }),
  );
  const tell = (verb: string) => (map: V1ConfigMap) => void lines.push(`${verb} ${map.metadata?.name} ${map.data?.['n'] ?? ''}`);
  for (const verb of ['add', 'update', 'delete'] as const) informer.on(verb, tell(verb));
  const again = (): void => {
    if (!isEnding) setTimeout(() => void informer.start().catch(again), 300);
  };
  informer.on('error', again);
  await informer.start();
  return {
    lines: () => lines,
    [Symbol.asyncDispose]: async () => {
      isEnding = true;
      await informer.stop();
    },
  };
};

it('informers in JavaScript and Python tell of every change once, over a kubelet that is killed', { timeout: 300_000 }, async () => {
  const known = new Map<string, number>();
  let written = 0;
  /** One change; how it should be told of. While there is no server it is tried again. */
  const change = async (): Promise<string> => {
    const n = written;
    written += 1;
    const name = `map-${n % NAMES}`;
    const body = { metadata: { name }, data: { n: String(n) } };
    const isNew = !known.has(name);
    await waitFor(
      async () => {
        if (isNew) await core.createNamespacedConfigMap({ namespace, body });
        else await core.replaceNamespacedConfigMap({ namespace, name, body });
        return true;
      },
      { what: `change ${n}`, ...LIMIT },
    );
    known.set(name, n);
    return `${isNew ? 'add' : 'update'} ${name} ${n}`;
  };
  await using inJavaScript = await startJavaScript();
  await using inPython = python === undefined ? undefined : startPythonInformer(api.kubeconfig);
  if (inPython) await waitFor(async () => inPython.lines().length > 0, { what: 'the first list', ...LIMIT });
  const told = (): readonly (readonly string[])[] =>
    [inJavaScript, inPython].flatMap((informer) => (informer ? [informer.lines().filter((line) => line !== 'listed')] : []));
  const toldOf = (count: number): Promise<unknown> =>
    waitFor(async () => told().every((lines) => lines.length >= count), { what: `${count} lines`, ...LIMIT });

  const before: string[] = [];
  for (let n = 0; n < CHANGES; n += 1) before.push(await change());
  await toldOf(before.length);
  for (const lines of told()) expect(lines).toEqual(before);

  // Every few seconds the versions are written down under which clients know what there is: what changed since then they hear of again.
  const { metadata } = await core.readNamespacedConfigMap({ namespace, name: `map-${(CHANGES - 1) % NAMES}` });
  const records = join(api.node.bed.rootDirectory, 'api/objects.json');
  await waitFor(async () => (await readFile(records, 'utf8')).includes(`"version":"${metadata?.resourceVersion}"`), {
    what: 'the records of the API',
    ...LIMIT,
  });
  for (const lines of told()) expect(lines, 'before the end').toEqual(before);
  await api.node.restartKubelet('SIGKILL');
  const first = await change();
  await toldOf(before.length + 1);
  const after: string[] = [first];
  for (let n = 0; n < CHANGES; n += 1) after.push(await change());
  await toldOf(before.length + after.length);
  for (const lines of told()) expect(lines.slice(before.length)).toEqual(after);
});
