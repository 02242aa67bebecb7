import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { emptyManifestStates } from '@solo-kubelet/manifest-source';
import { BehaviorSubject, type Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KubeApiOptions, runKubeApi } from './run-kube-api.js';

const TOKEN = 'a-token-of-jane-1';
let directory: string;
let serving: Subscription | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kube-api-'));
  await mkdir(join(directory, 'manifests'));
  await writeFile(join(directory, 'tokens.csv'), `${TOKEN},jane,admin\n`);
});
afterEach(async () => {
  serving?.unsubscribe();
  await rm(directory, { recursive: true, force: true, maxRetries: 10 });
});

/** Serves the API of a node without a Pod; resolves to its port. */
const serve = (given: Pick<KubeApiOptions, 'featureGates' | 'serviceNetwork'>): Promise<number> =>
  new Promise((resolve, reject) => {
    const api$ = runKubeApi({
      host: '127.0.0.1',
      port: 0,
      names: [],
      directory: join(directory, 'api'),
      kubeconfigPath: join(directory, 'kubeconfig'),
      nodeName: 'n1',
      tokenFile: join(directory, 'tokens.csv'),
      ...given,
      serviceAccounts: { issuer: 'https://n1', sign: () => '', verify: () => undefined },
      pods$: new BehaviorSubject(new Map()),
      objects$: new BehaviorSubject(new Map()),
      events$: new BehaviorSubject(new Map()),
      manifests$: new BehaviorSubject(emptyManifestStates),
      manifestPath: join(directory, 'manifests'),
      newUids: new Map(),
      deleteWorkloadPod: () => {},
      hasten: () => {},
      refusalOf: () => undefined,
      addEphemeralContainers: async () => false,
      node: async () => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', uid: 'u' }, spec: {}, status: {} }),
      kubelet: () => undefined,
      logger: {
        ...silentLogger,
        info: (fields, message) => {
          if (message === 'Serving the Kubernetes API')
            resolve(Number(/(\d+)$/.exec(String((fields as { address: string }).address))?.[1]));
        },
      },
    });
    serving = api$.subscribe({ error: reject });
  });

const create = (
  port: number,
  object: object,
  plural = 'pods',
): Promise<{ readonly code: number; readonly warnings: string; readonly body: string }> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const options = {
      host: '127.0.0.1',
      port,
      path: `/api/v1/namespaces/default/${plural}`,
      method: 'POST',
      headers,
      rejectUnauthorized: false,
    };
    const asked = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          code: response.statusCode ?? 0,
          warnings: String(response.headers['warning'] ?? ''),
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    asked.on('error', reject);
    asked.end(JSON.stringify(object));
  });

const POD = {
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'c', image: 'i' }], volumes: [{ name: 'v', emptyDir: { mode: 0o700 } }] },
};

describe('a field of Kubernetes 1.37 in a Pod that a client makes on a node', () => {
  it.each([
    [{}, undefined, 'unknown field'],
    [{ EmptyDirVolumeMode: true }, 0o700, ''],
    // Gates of other things are in the same configuration.
    [{ MemoryQoS: true, EmptyDirVolumeMode: true }, 0o700, ''],
  ])('counts by the gates of the configuration, in the answer and in the manifest: %j', async (gates, mode, warning) => {
    const { code, warnings, body } = await create(await serve({ featureGates: gates }), POD);
    expect([code, JSON.parse(body).spec?.volumes?.[0]?.emptyDir]).toEqual([201, mode === undefined ? {} : { mode }]);
    expect(warnings).toContain(warning);
    const [name] = await readdir(join(directory, 'manifests'));
    const text = await readFile(join(directory, 'manifests', name!), 'utf8');
    expect(/mode: 448/.test(text)).toBe(mode !== undefined);
  });
});

describe('a Service that a client makes on a node', () => {
  const service = { metadata: { name: 's' }, spec: { type: 'NodePort', selector: { a: 'b' }, ports: [{ port: 80 }] } };
  const nodePorts = { from: 31_000, to: 31_000 };
  it.each([
    [['10.97.0.0/30'], /^10\.97\.0\.[12]$/],
    // The network of Services gives them once the file is read.
    [['10.97.0.0/16', 'fd00::/112'], undefined],
    [['fd00::/112'], undefined],
  ])('has its address and port from the ranges of the node, in the answer and in the manifest: %j', async (ranges, address) => {
    const { code, body } = await create(await serve({ serviceNetwork: { ranges, nodePorts } }), service, 'services');
    const { clusterIP, ports } = JSON.parse(body).spec;
    expect([code, ports[0].nodePort]).toEqual([201, 31_000]);
    if (address === undefined) expect(clusterIP).toBe(undefined);
    else expect(clusterIP).toMatch(address);
    const [name] = await readdir(join(directory, 'manifests'));
    const text = await readFile(join(directory, 'manifests', name!), 'utf8');
    expect(/clusterIP: (\S+)/.exec(text)?.[1]).toBe(clusterIP);
  });
});
