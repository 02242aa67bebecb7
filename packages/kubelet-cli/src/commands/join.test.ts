import { createHash, createHmac, X509Certificate } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join as joinPath } from 'node:path';
import { type ApiServer, startApiServer } from '@solo-kubelet/api-server';
import { createApiClient, createCredentials, loadKubeconfig, parseKubeconfig } from '@solo-kubelet/cluster-client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fakeIo } from '../../test/fake-io.js';
import { main } from '../main.js';

const SECRET = '0123456789abcdef';
const TOKEN = `abcdef.${SECRET}`;
let server: ApiServer;
let root: string;

beforeEach(async () => {
  const users = new Map([
    ['of-admin', { username: 'admin', groups: ['system:masters'] }],
    [TOKEN, { username: 'system:bootstrap:abcdef', groups: ['system:bootstrappers'] }],
  ]);
  server = await startApiServer({ users });
  root = await mkdtemp(joinPath(tmpdir(), 'solo-kubelet-join-'));
  await mkdir(joinPath(root, 'etc/systemd/system'), { recursive: true });
  await writeFile(joinPath(root, 'etc/systemd/system/solo-kubelet.service'), 'ExecStart=/usr/bin/kubelet-cli run $KUBELET_EXTRA_ARGS\n');
  const kubeconfig = parseKubeconfig(server.kubeconfig, 'test');
  using api = createApiClient({ kubeconfig, credentials: createCredentials({ kubeconfig }), userAgent: 'test' });
  const authority = Buffer.from(server.caPem).toString('base64');
  const info = JSON.stringify({ clusters: [{ name: '', cluster: { server: server.url, 'certificate-authority-data': authority } }] });
  const header = Buffer.from('{"alg":"HS256","kid":"abcdef"}').toString('base64url');
  const signed = createHmac('sha256', SECRET)
    .update(`${header}.${Buffer.from(info).toString('base64url')}`)
    .digest('base64url');
  const data = { kubeconfig: info, 'jws-kubeconfig-abcdef': `${header}..${signed}` };
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cluster-info' }, data };
  await api.request({ method: 'POST', path: '/api/v1/namespaces/kube-public/configmaps', body });
});
afterEach(async () => {
  await server.close();
  await rm(root, { recursive: true });
});

const hash = (): string =>
  `sha256:${createHash('sha256')
    .update(new X509Certificate(server.caPem).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')}`;
const join = async (...more: readonly string[]) => {
  const io = fakeIo();
  const asked = ['join', '--server', server.url, '--token', TOKEN, '--ca-cert-hash', hash(), '--root', root, '--node-name', 'box'];
  const status = await main([...asked, ...more], io);
  return { status, output: io.output(), errors: io.errors() };
};
const files = async (): Promise<readonly string[]> =>
  (await readdir(root, { recursive: true, withFileTypes: true })).filter((each) => each.isFile()).map(({ name }) => name);

it('writes what the service needs to join, tells no secret, and says what comes next', async () => {
  const { status, output, errors } = await join();
  expect({ status, errors }).toEqual({ status: 0, errors: '' });
  expect(output).not.toContain(SECRET);
  expect(output).toContain('kubectl get nodes box');
  const bootstrap = joinPath(root, 'etc/kubernetes/bootstrap-kubelet.conf');
  expect((await stat(bootstrap)).mode & 0o777).toBe(0o600);
  expect(await loadKubeconfig(bootstrap)).toMatchObject({ server: server.url, token: { type: 'text', text: TOKEN } });
  expect(await readFile(joinPath(root, 'etc/kubernetes/pki/ca.crt'), 'utf8')).toBe(server.caPem);
  expect(await readFile(joinPath(root, 'etc/systemd/system/solo-kubelet.service.d/50-cluster.conf'), 'utf8')).toContain(
    '--hostname-override=box',
  );
});

it('only shows it with --dry-run, without the secret', async () => {
  const before = await files();
  const { status, output } = await join('--dry-run');
  expect(status).toBe(0);
  expect(output).toContain('bootstrap-kubelet.conf (mode 600)');
  expect(output).toContain('"token": "abcdef.<secret>"');
  expect(output).not.toContain(SECRET);
  expect(await files()).toEqual(before);
});

it('refuses a node that has joined, and leaves it as it is', async () => {
  await join();
  await writeFile(joinPath(root, 'etc/kubernetes/pki/ca.crt'), 'mine');
  expect(await join()).toMatchObject({ status: 1, errors: expect.stringContaining('this node belongs to a cluster already') });
  expect(await readFile(joinPath(root, 'etc/kubernetes/pki/ca.crt'), 'utf8')).toBe('mine');
});

it.each([
  ['a name that is none', ['--node-name', 'Box_1'], 2],
  ['a token of the wrong form', ['--token', 'secret'], 1],
  ['a token of another secret', ['--token', 'abcdef.fedcba9876543210'], 1],
] as const)('writes nothing for %s', async (_, more, status) => {
  const before = await files();
  expect((await join(...more)).status).toBe(status);
  expect(await files()).toEqual(before);
});

it('says what is missing on the command line and on the machine', async () => {
  const io = fakeIo();
  expect(await main(['join', '--server', server.url], io)).toBe(2);
  expect(io.errors()).toContain('--token');
  await rm(joinPath(root, 'etc/systemd'), { recursive: true });
  expect(await join()).toMatchObject({ status: 1, errors: expect.stringContaining('kubelet-cli install') });
  await expect(access(joinPath(root, 'etc/kubernetes'))).rejects.toThrow();
  expect(await join('--dry-run')).toMatchObject({ status: 0, errors: expect.stringContaining('kubelet-cli install') });
});

const create = async (path: string, body: object): Promise<void> => {
  const kubeconfig = parseKubeconfig(server.kubeconfig, 'test');
  using api = createApiClient({ kubeconfig, credentials: createCredentials({ kubeconfig }), userAgent: 'test' });
  await api.request({ method: 'POST', path, body });
};
const leave = async (...more: readonly string[]) => {
  const io = fakeIo();
  const status = await main(['leave', '--root', root, ...more], io);
  return { status, output: io.output(), errors: io.errors() };
};

it('leaves: the Pods of the cluster are evicted, the Node is removed, and only what join wrote is gone', async () => {
  const before = await files();
  await join();
  await writeFile(joinPath(root, 'etc/kubernetes/kubelet.conf'), server.kubeconfig);
  await create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'box' } });
  const spec = { nodeName: 'box', terminationGracePeriodSeconds: 0, containers: [{ name: 'app', image: 'a' }] };
  const pod = (name: string, metadata: object = {}, nodeName = 'box'): Promise<void> =>
    create('/api/v1/namespaces/default/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, ...metadata },
      spec: { ...spec, nodeName },
    });
  await pod('web');
  await pod('elsewhere', {}, 'other');
  await pod('mirror', { annotations: { 'kubernetes.io/config.mirror': 'x' } });
  await pod('of-daemon-set', { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', uid: 'd', controller: true }] });
  const spoken = await leave('--dry-run');
  expect(spoken).toMatchObject({ status: 0, errors: '' });
  expect(spoken.output.match(/^would (evict|leave) .*$/gm)).toEqual([
    'would evict   default/web',
    'would leave   default/mirror',
    'would leave   default/of-daemon-set',
  ]);
  expect(spoken.output.match(/^would remove .*$/gm)).toHaveLength(6);
  const serving = joinPath(root, 'var/lib/kubelet/pki/kubelet-server-current.pem');
  await mkdir(dirname(serving), { recursive: true });
  await writeFile(serving, 'of this cluster');
  const { status, output, errors } = await leave();
  expect({ status, errors }).toEqual({ status: 0, errors: '' });
  expect(output.match(/^evicted .*$/gm)).toEqual(['evicted   default/web']);
  expect(output).toContain('removed   Node box');
  expect(await files()).toEqual(before);
});

it('stays in a cluster that cannot be asked, unless it is forced', async () => {
  expect(await leave()).toMatchObject({ status: 1, errors: expect.stringContaining('was not joined') });
  const before = await files();
  await join();
  await writeFile(joinPath(root, 'etc/kubernetes/kubelet.conf'), server.kubeconfig);
  const joined = await files();
  await server.close();
  expect(await leave('--dry-run')).toMatchObject({ status: 1 });
  expect(await leave('--dry-run', '--force')).toMatchObject({ status: 0, errors: expect.stringContaining('going on all the same') });
  expect(await leave()).toMatchObject({ status: 1 });
  expect(await files()).toEqual(joined);
  const { status, output, errors } = await leave('--force');
  expect(status).toBe(0);
  expect(errors).toContain('going on all the same');
  expect(output).toContain('kubectl delete node box');
  expect(await files()).toEqual(before);
});

it('stays, and says of which Pods, when they do not end in time', async () => {
  await join();
  await writeFile(joinPath(root, 'etc/kubernetes/kubelet.conf'), server.kubeconfig);
  await create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'box' } });
  const spec = { nodeName: 'box', containers: [{ name: 'app', image: 'a' }] };
  await create('/api/v1/namespaces/default/pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'slow' }, spec });
  const joined = await files();
  expect(await leave('--timeout', '1s')).toMatchObject({ status: 1, errors: expect.stringContaining('default/slow') });
  expect(await files()).toEqual(joined);
});
