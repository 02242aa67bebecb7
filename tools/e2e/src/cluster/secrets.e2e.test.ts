import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseKubeconfig } from '@solo-kubelet/cluster-client';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SLEEP, script } from '../kubelet/manifests.js';
import { startNode, type TestNode } from '../kubelet/node.js';
import { type Cluster, type Server, startCluster } from './cluster.js';
import { type ApiNode, endAll, isReady, NODE, onCluster, PODS } from './on-cluster.js';
import { servers } from './servers.js';

const SECRETS = '/api/v1/namespaces/default/secrets';
const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts';
const EVENTS = '/api/v1/namespaces/default/events';
const made = (what: string): string => `${what}-${randomBytes(12).toString('hex')}`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Ends the kubelet by an error that nobody caught, when it is told to. */
const CRASH = `process.on('SIGUSR2', () => { throw new Error('by the test'); });`;

describe.each(servers)('what a node of $name knows and tells nobody', ({ start, lacking: why }) => {
  if (why !== undefined) {
    it.skip(why);
    return;
  }
  let cluster: Cluster;
  let node: TestNode;
  let directory: string;
  /** By what it is. */
  const secrets = new Map<string, string>();
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-secrets-'));
    cluster = await startCluster(async (): Promise<Server> => {
      const server = await start();
      // The node's token comes from a plugin.
      const { token } = parseKubeconfig(server.node, 'kubeconfig');
      const text = token?.type === 'text' ? token.text : '';
      secrets.set('token of the plugin', text);
      const plugin = join(directory, 'plugin');
      const apiVersion = 'client.authentication.k8s.io/v1';
      const credential = JSON.stringify({ kind: 'ExecCredential', apiVersion, status: { token: text } });
      await writeFile(plugin, `#!/bin/sh\ncat <<'EOF'\n${credential}\nEOF\n`, { mode: 0o700 });
      return { ...server, node: server.node.replace(JSON.stringify(text), '"of-plugin"').replace(text, 'of-plugin') };
    });
    const kubeconfig = parseable(await readFile(cluster.kubeconfigPath, 'utf8'));
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: join(directory, 'plugin'), interactiveMode: 'Never' };
    await writeFile(
      cluster.kubeconfigPath,
      JSON.stringify({ ...kubeconfig, users: [{ name: kubeconfig.users[0]!.name, user: { exec } }] }),
    );
    await writeFile(join(directory, 'crash.cjs'), CRASH);
    node = await startNode({
      config: { nodeLeaseDurationSeconds: 4, nodeStatusUpdateFrequency: '1s', enableSystemLogHandler: true },
      flags: ['--kubeconfig', cluster.kubeconfigPath, '-v', '10'],
      env: { NODE_OPTIONS: `--require ${join(directory, 'crash.cjs')}` },
    });
  });
  afterAll(() => endAll(node, cluster).finally(() => rm(directory, { recursive: true })));

  const { inApi, place, app } = onCluster(
    () => cluster,
    () => node,
  );
  /** What the kubelet's own API answers. */
  const ask = (path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const sent = request({ socketPath: join(node.bed.directory, 'kubelet.sock'), path, timeout: 20_000 }, (response) =>
        response.toArray().then((parts) => resolve(Buffer.concat(parts).toString()), reject),
      );
      sent.on('timeout', () => sent.destroy(new Error(`${path}: no answer`))).on('error', reject);
      sent.end();
    });
  const secret = (name: string, data: Readonly<Record<string, string>>, type = 'Opaque'): Promise<void> =>
    cluster.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type, stringData: data });
  /** Where one of the secrets stands, in its own words or as base64, which is as good. */
  const found = (where: string, text: string): readonly string[] =>
    [...secrets].flatMap(([what, value]) => (text.includes(value) || text.includes(base64(value)) ? [`${what} in ${where}`] : []));

  it('Secrets, tokens and what a plugin gives are used', async () => {
    for (const what of ['password', 'file', 'pull', 'broken']) secrets.set(what, made(what));
    const of = (what: string): string => secrets.get(what)!;
    await inApi<ApiNode>(NODE, isReady);
    await cluster.create(ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'app' } });
    await secret('app', { password: of('password'), file: of('file') });
    const auths = { '127.0.0.1:1': { username: 'u', password: of('pull'), auth: base64(`u:${of('pull')}`) } };
    await secret('pull', { '.dockerconfigjson': JSON.stringify({ auths }) }, 'kubernetes.io/dockerconfigjson');
    // The real one takes only what is JSON: one that was written by other ways may be anything.
    await secret('broken', { password: `${of('broken')} {` });
    const env = [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'app', key: 'password' } } }];
    await place('uses', {
      serviceAccountName: 'app',
      containers: [
        script('app', SLEEP, {
          env,
          envFrom: [{ secretRef: { name: 'app' } }, { secretRef: { name: 'broken' } }],
          volumeMounts: [
            { name: 'secret', mountPath: '/secret' },
            { name: 'token', mountPath: '/token' },
          ],
        }),
      ],
      volumes: [
        { name: 'secret', secret: { secretName: 'app' } },
        { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'a' } }, { secret: { name: 'app' } }] } },
      ],
    });
    await app('uses');
    expect(await node.exec('uses', 'echo $PASSWORD; cat /secret/file')).toBe(`${of('password')}\n${of('file')}`);
    const token = (await node.exec('uses', 'cat /token/token')).trim();
    expect(token.split('.')).toHaveLength(3);
    secrets.set('token of an account', token.split('.')[2]!);
    // What fails has messages.
    const missing = [{ name: 'X', valueFrom: { secretKeyRef: { name: 'app', key: 'none' } } }];
    await place('crashes', { containers: [{ ...script('app', 'exit 3', { env }), args: ['$(PASSWORD)'] }] });
    await place('lacks', { containers: [script('app', SLEEP, { env: missing })] });
    const pulled = { name: 'app', image: '127.0.0.1:1/none:1', imagePullPolicy: 'Always' };
    await place('pulls', { imagePullSecrets: [{ name: 'pull' }], containers: [pulled] });
    const reasonOf = (pod: string, reason: string) =>
      waitFor(
        async () => {
          const { items } = (await cluster.get<{ items: { reason: string; involvedObject: { name: string } }[] }>(EVENTS))!;
          return items.some((event) => event.reason === reason && event.involvedObject.name === pod);
        },
        { what: `event ${reason} of ${pod}`, timeoutMs: 60_000 },
      );
    await reasonOf('crashes', 'BackOff');
    await reasonOf('lacks', 'Failed');
    await reasonOf('pulls', 'Failed');
  });

  it('none of them is in what the kubelet shows, keeps and logs', async () => {
    const before = node.kubelet().log();
    cluster.cut();
    await waitFor(async () => cluster.turnedAway() > 2, { what: 'that the server is away', timeoutMs: 60_000 });
    cluster.mend();
    await inApi<ApiNode>(NODE, isReady);
    const places = new Map<string, string>([['the log', `${before}${node.kubelet().log()}`]]);
    for (const path of [PODS, EVENTS, '/api/v1/nodes']) places.set(path, JSON.stringify(await cluster.get(path)));
    const own = [
      '/pods',
      '/configz',
      '/flagz',
      '/statusz',
      '/metrics',
      '/metrics/resource',
      '/metrics/probes',
      '/stats/summary',
      '/events',
    ];
    for (const path of own) places.set(`the kubelet's ${path}`, await ask(path));
    expect(places.get("the kubelet's /configz")).toContain('nodeLeaseDurationSeconds');
    expect(places.get("the kubelet's /flagz")).toContain('kubeconfig');
    expect(places.get("the kubelet's /pods")).toContain('"uses"');
    expect(places.get("the kubelet's /metrics")).toContain('kubelet_');
    expect(places.get('the log')).toContain('"level":"debug"');
    for (const file of await ownFiles(node.bed.rootDirectory)) places.set(file, (await readFile(file)).toString('latin1'));
    expect([...places].flatMap(([where, text]) => found(where, text))).toEqual([]);
  });

  it('nor in what it says when it crashes, or when its credentials are bad', async () => {
    const crashed = node.kubelet();
    expect(await crashed.end('SIGUSR2')).toBe(70);
    expect(crashed.log()).toContain('by the test');
    expect(found('the log of a crash', crashed.log())).toEqual([]);
    const good = await readFile(cluster.kubeconfigPath, 'utf8');
    const bad = made('badly written');
    secrets.set('a token that is badly written', bad);
    await writeFile(cluster.kubeconfigPath, `users:\n- user: {token: "${bad}\n`);
    await node.restartKubelet('SIGKILL');
    const refused = node.kubelet();
    expect(await refused.ended).not.toBe(0);
    expect(refused.log()).toContain('neither YAML nor JSON');
    expect(found('the log of a bad kubeconfig', refused.log())).toEqual([]);
    await writeFile(cluster.kubeconfigPath, good);
    await node.restartKubelet('SIGKILL');
    await app('uses');
    expect(found('the log of the next one', node.kubelet().log())).toEqual([]);
  });
});

const parseable = (text: string): { readonly users: readonly { readonly name: string }[] } => JSON.parse(text);

/** What a kubelet keeps for itself; volumes are their Pods'. */
const ownFiles = async (root: string): Promise<readonly string[]> => {
  const entries = await readdir(root, { withFileTypes: true });
  const files = await Promise.all(
    entries.map(async (entry): Promise<readonly string[]> => {
      const path = join(root, entry.name);
      if (entry.isFile()) return [path];
      return entry.isDirectory() && entry.name !== 'volumes' ? ownFiles(path) : [];
    }),
  );
  return files.flat();
};
