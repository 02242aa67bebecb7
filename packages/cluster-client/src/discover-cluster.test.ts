import { createHash, createHmac, X509Certificate } from 'node:crypto';
import { type ApiServer, startApiServer } from '@solo-kubelet/api-server';
import { afterEach, expect, it } from 'vitest';
import { createApiClient } from './api-client.js';
import { createCredentials } from './credentials.js';
import { type DiscoverOptions, discoverCluster } from './discover-cluster.js';
import { parseKubeconfig } from './kubeconfig.js';

const ID = 'abcdef';
const SECRET = '0123456789abcdef';
const TOKEN = `${ID}.${SECRET}`;
const servers: ApiServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

const base64url = (text: string): string => Buffer.from(text, 'utf8').toString('base64url');
const signature = (content: string, header: object = { alg: 'HS256', kid: ID }, secret = SECRET): string => {
  const head = base64url(JSON.stringify(header));
  return `${head}..${createHmac('sha256', secret)
    .update(`${head}.${base64url(content)}`)
    .digest('base64url')}`;
};
const hashOf = (caPem: string): string =>
  `sha256:${createHash('sha256')
    .update(new X509Certificate(caPem).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')}`;
const infoOf = ({ url, caPem }: Pick<ApiServer, 'url' | 'caPem'>): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: '', cluster: { server: url, 'certificate-authority-data': Buffer.from(caPem).toString('base64') } }],
    contexts: null,
    'current-context': '',
    users: null,
  });

const start = async (token = TOKEN): Promise<ApiServer> => {
  const users = new Map([
    ['of-admin', { username: 'admin', groups: ['system:masters'] }],
    [token, { username: `system:bootstrap:${ID}`, groups: ['system:bootstrappers'] }],
  ]);
  const server = await startApiServer({ users });
  servers.push(server);
  return server;
};
const put = async (server: ApiServer, namespace: string, name: string, data: Readonly<Record<string, string>>): Promise<void> => {
  const kubeconfig = parseKubeconfig(server.kubeconfig, 'test');
  using api = createApiClient({ kubeconfig, credentials: createCredentials({ kubeconfig }), userAgent: 'test' });
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
  await api.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/configmaps`, body });
};
const publish = (server: ApiServer, kubeconfig = infoOf(server), jws = signature(kubeconfig)): Promise<void> =>
  put(server, 'kube-public', 'cluster-info', { kubeconfig, [`jws-kubeconfig-${ID}`]: jws });
const discover = (server: Pick<ApiServer, 'url' | 'caPem'>, change: Partial<DiscoverOptions> = {}) =>
  discoverCluster({
    server: server.url,
    token: TOKEN,
    caCertHashes: [hashOf(server.caPem)],
    userAgent: 'test',
    signal: AbortSignal.timeout(15_000),
    ...change,
  });

it('trusts a cluster whose word is signed by the token and whose authority has the hash, and takes its DNS', async () => {
  const server = await start();
  await publish(server);
  expect(await discover(server, { server: server.url.replace('https://', '') })).toEqual({
    server: server.url,
    caPem: server.caPem,
    clusterDNS: [],
    clusterDomain: undefined,
  });
  await put(server, 'kube-system', 'kubelet-config', {
    kubelet: 'clusterDNS: [10.96.0.10]\nclusterDomain: shop.local\nstaticPodPath: /x\n',
  });
  const others = [`sha256:${'0'.repeat(64)}`, hashOf(server.caPem).toUpperCase().replace('SHA256', 'sha256')];
  expect(await discover(server, { caCertHashes: others })).toMatchObject({ clusterDNS: ['10.96.0.10'], clusterDomain: 'shop.local' });
});

it.each([
  ['by another secret', (content: string) => signature(content, undefined, 'fedcba9876543210')],
  ['over another content', () => signature('{}')],
  ['by another token', (content: string) => signature(content, { alg: 'HS256', kid: 'zzzzzz' })],
  ['by no algorithm', (content: string) => `${base64url('{"alg":"none","kid":"abcdef"}')}..${signature(content).split('.')[2]}`],
  ['in pieces', () => 'a.b.c.d'],
  ['with its content', (content: string) => signature(content).replace('..', `.${base64url(content)}.`)],
])('trusts nothing that was signed %s', async (_, sign) => {
  const server = await start();
  await publish(server, infoOf(server), sign(infoOf(server)));
  await expect(discover(server)).rejects.toMatchObject({
    code: 'CLUSTER_CREDENTIALS',
    message: expect.stringContaining('was not signed by'),
  });
});

it('refuses an authority whose key has another hash, and says which it has', async () => {
  const server = await start();
  await publish(server);
  await expect(discover(server, { caCertHashes: [`sha256:${'0'.repeat(64)}`] })).rejects.toMatchObject({
    code: 'CLUSTER_CREDENTIALS',
    message: expect.stringContaining(hashOf(server.caPem)),
  });
});

it('refuses a server that repeats what another says but has not its certificate', async () => {
  const [real, between] = [await start(), await start()];
  await publish(between, infoOf(real));
  await expect(discover({ url: between.url, caPem: real.caPem })).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
});

it('says that the cluster does not know the token, before and after its signature', async () => {
  const server = await start('other');
  await put(server, 'kube-public', 'cluster-info', { kubeconfig: infoOf(server) });
  await expect(discover(server)).rejects.toMatchObject({ message: 'the cluster knows no token abcdef, or it has expired' });
  const late = await start('other');
  await publish(late);
  await expect(discover(late)).rejects.toMatchObject({ message: `${late.url} does not take token abcdef` });
});

it('says that a cluster takes no nodes by tokens', async () => {
  const server = await start();
  await expect(discover(server)).rejects.toMatchObject({
    code: 'CLUSTER_REFUSED',
    message: expect.stringContaining('no ConfigMap cluster-info'),
  });
  await put(server, 'kube-public', 'cluster-info', { other: '' });
  await expect(discover(server)).rejects.toMatchObject({ message: expect.stringContaining('has no kubeconfig') });
});

it.each([
  ['no YAML', ': ['],
  ['two clusters', 'clusters: [{cluster: {}}, {cluster: {}}]'],
  ['no authority', 'clusters: [{cluster: {server: "https://a"}}]'],
  ['a server without TLS', 'clusters: [{cluster: {server: "http://a", certificate-authority-data: YQ==}}]'],
])('refuses a kubeconfig of %s', async (_, text) => {
  const server = await start();
  await publish(server, text);
  await expect(discover(server)).rejects.toMatchObject({ code: 'CLUSTER_BAD_REPLY', message: expect.stringContaining('cluster-info') });
});

it.each([
  [{ token: 'abcdef.0123456789ABCDEF' }, 'CLUSTER_CREDENTIALS'],
  [{ token: 'a secret' }, 'CLUSTER_CREDENTIALS'],
  [{ caCertHashes: ['md5:00'] }, 'CLUSTER_CREDENTIALS'],
  [{ caCertHashes: ['sha256:00'] }, 'CLUSTER_CREDENTIALS'],
  [{ server: 'http://127.0.0.1:1' }, 'CLUSTER_KUBECONFIG'],
  [{ server: 'https://user:secret@127.0.0.1:1' }, 'CLUSTER_KUBECONFIG'],
  [{ server: '' }, 'CLUSTER_KUBECONFIG'],
] as const)('refuses %j without a request, and repeats no token', async (change, code) => {
  const asked = { server: 'https://127.0.0.1:1', token: TOKEN, caCertHashes: [`sha256:${'0'.repeat(64)}`], userAgent: 'test' };
  const error: unknown = await discoverCluster({ ...asked, signal: AbortSignal.timeout(15_000), ...change }).catch(
    (cause: unknown) => cause,
  );
  expect(error).toMatchObject({ code });
  for (const secret of 'token' in change ? [change.token] : ['user:secret']) expect(String(error)).not.toContain(secret);
});
