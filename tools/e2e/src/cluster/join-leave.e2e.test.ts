import { execFile } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseKubeconfig } from '@solo-kubelet/cluster-client';
import type { Pod } from '@solo-kubelet/pod-spec';
import { kubeletBinary, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../api/free-port.js';
import { SLEEP, script, sleeper } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { type Cluster, startCluster } from './cluster.js';
import { type ApiNode, endAll, isReady, NODE, onCluster, PODS } from './on-cluster.js';
import { lacksRealServer, type RealServer, startRealServer } from './real-server.js';
import { throughServer } from './through-server.js';

const lacking = lacksRealServer();
const run = promisify(execFile);
const TOKEN = { id: 'abcdef', secret: '0123456789abcdef' };
const BOOTSTRAPPERS = 'system:bootstrappers:kubeadm:default-node-token';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const CERTIFICATES = 'system:certificates.k8s.io:certificatesigningrequests';

describe('an installed node', () => {
  if (lacking !== undefined) {
    it.skip(lacking);
    return;
  }
  let server: RealServer;
  let cluster: Cluster;
  let node: TestNode;
  let root: string;
  let port: number;
  const flags: string[] = [];
  beforeAll(async () => {
    server = await startRealServer({ controllers: ['--controllers=*,bootstrap-signer-controller'] });
    cluster = await startCluster(async () => server);
    root = await mkdtemp(join(tmpdir(), 'solo-kubelet-join-'));
    await mkdir(join(root, 'etc/systemd/system'), { recursive: true });
    await writeFile(
      join(root, 'etc/systemd/system/solo-kubelet.service'),
      '[Service]\nExecStart=/usr/bin/kubelet-cli run $KUBELET_EXTRA_ARGS\n',
    );
    [port = 0] = await freePorts(1);
    node = await startNode({ flags, config: { nodeLeaseDurationSeconds: 4, nodeStatusUpdateFrequency: '1s' } });
  }, 300_000);
  afterAll(() => endAll(node, cluster).finally(() => rm(root, { recursive: true })));

  const { inApi, place, app } = onCluster(
    () => cluster,
    () => node,
  );
  const authority = (): string => {
    const ca = parseKubeconfig(server.admin, 'admin').certificateAuthority;
    // What the server made for itself comes first, and then who signed it.
    const [, pem = ''] = /(-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\s*)$/.exec(ca?.type === 'text' ? ca.text : '') ?? [];
    return pem;
  };
  const command = (...words: readonly string[]) => run(process.execPath, [kubeletBinary, ...words, '--root', root], { timeout: 120_000 });
  const at = (path: string): string => join(root, 'etc/kubernetes', path);

  /** What `kubeadm init` leaves in a cluster for those that join. */
  const prepare = async (): Promise<void> => {
    await cluster.create('/api/v1/namespaces/kube-system/secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `bootstrap-token-${TOKEN.id}` },
      type: 'bootstrap.kubernetes.io/token',
      stringData: {
        'token-id': TOKEN.id,
        'token-secret': TOKEN.secret,
        'usage-bootstrap-authentication': 'true',
        'usage-bootstrap-signing': 'true',
        'auth-extra-groups': BOOTSTRAPPERS,
      },
    });
    const ca = Buffer.from(authority()).toString('base64');
    const kubeconfig = JSON.stringify({ clusters: [{ name: '', cluster: { server: server.url, 'certificate-authority-data': ca } }] });
    await waitFor(async () => (await cluster.get('/api/v1/namespaces/kube-public')) !== undefined, { what: 'kube-public' });
    const info = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cluster-info' }, data: { kubeconfig } };
    await cluster.create('/api/v1/namespaces/kube-public/configmaps', info);
    const named = (name: string) => ({ apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name } });
    const reader = {
      ...named('reader'),
      kind: 'Role',
      rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: ['cluster-info'], verbs: ['get'] }],
    };
    await cluster.create(`${RBAC}/namespaces/kube-public/roles`, reader);
    const subject = (kind: 'User' | 'Group', name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name });
    const roleRef = (kind: string, name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name });
    const everybody = {
      ...named('reader'),
      kind: 'RoleBinding',
      roleRef: roleRef('Role', 'reader'),
      subjects: [subject('User', 'system:anonymous')],
    };
    await cluster.create(`${RBAC}/namespaces/kube-public/rolebindings`, everybody);
    for (const [name, role, group] of [
      ['ask', 'system:node-bootstrapper', BOOTSTRAPPERS],
      ['first', `${CERTIFICATES}:nodeclient`, BOOTSTRAPPERS],
      ['next', `${CERTIFICATES}:selfnodeclient`, 'system:nodes'],
    ] as const) {
      const binding = {
        ...named(name),
        kind: 'ClusterRoleBinding',
        roleRef: roleRef('ClusterRole', role),
        subjects: [subject('Group', group)],
      };
      await cluster.create(`${RBAC}/clusterrolebindings`, binding);
    }
    const isSigned = async (): Promise<boolean> => {
      const { data } = (await cluster.get<{ data: object }>('/api/v1/namespaces/kube-public/configmaps/cluster-info'))!;
      return `jws-kubeconfig-${TOKEN.id}` in data;
    };
    await waitFor(isSigned, { what: 'a signature of cluster-info', timeoutMs: 60_000 });
  };

  it('joins a cluster by a token, with its Pods running on; its logs are read there once the cluster believes its certificate', async () => {
    await node.drop('static.yaml', sleeper('static'));
    await node.pod('static', isRunning);
    const before = (await node.running()).get('static/app');
    await prepare();
    const key = new X509Certificate(authority()).publicKey.export({ type: 'spki', format: 'der' });
    const hash = `sha256:${createHash('sha256').update(key).digest('hex')}`;
    const words = [
      'join',
      '--server',
      server.url,
      '--token',
      `${TOKEN.id}.${TOKEN.secret}`,
      '--ca-cert-hash',
      hash,
      '--node-name',
      'node1',
    ];
    const shown = await command(...words, '--dry-run');
    await expect(access(at('bootstrap-kubelet.conf'))).rejects.toThrow();
    const { stdout } = await command(...words);
    for (const text of [shown.stdout, stdout]) expect(text).not.toContain(TOKEN.secret);
    // The paths are those of a machine; here they begin at its root.
    const moved = async (path: string, more: (text: string) => string = (text) => text): Promise<void> =>
      writeFile(at(path), more((await readFile(at(path), 'utf8')).replaceAll('"/etc/kubernetes/', `"${root}/etc/kubernetes/`)));
    await moved('bootstrap-kubelet.conf');
    // The API server knows itself to nodes by another authority here than the one that signs its certificate.
    await moved('kubelet.yaml.d/50-cluster.conf', (text) =>
      JSON.stringify({
        ...JSON.parse(text),
        address: '127.0.0.1',
        port,
        enableServer: true,
        authentication: { x509: { clientCAFile: server.clientCaPath } },
      }),
    );
    const unit = await readFile(join(root, 'etc/systemd/system/solo-kubelet.service.d/50-cluster.conf'), 'utf8');
    const told = [...unit.matchAll(/--[a-z-]+=[^\s"]+/g)].map(([flag]) => flag.replace('=/etc/', `=${root}/etc/`));
    expect(told).toHaveLength(5);
    flags.push(...told, '--cert-dir', join(root, 'pki'), '--node-ip', '127.0.0.1');
    await node.restartKubelet();
    await inApi<ApiNode>(NODE, isReady);
    await inApi<Pod>(`${PODS}/static-node1`, isRunning);
    await place('web', { containers: [script('app', `echo of the cluster; ${SLEEP}`)] });
    await app('web');
    expect((await node.running()).get('static/app')).toBe(before);
    // Its certificate is its own, and this server takes none but the cluster's.
    await expect(throughServer(server.url, server.adminToken).readLog('web')).rejects.toThrow('certificate');
  });

  it('leaves it again: Pods of the cluster are evicted, the Node is gone, and its own run on', async () => {
    const before = (await node.running()).get('static/app');
    const admin = join(root, 'admin.conf');
    await writeFile(admin, server.admin, { mode: 0o600 });
    const spoken = await command('leave', '--kubeconfig', admin, '--dry-run');
    expect(spoken.stdout).toContain('would evict   default/web');
    expect(await cluster.get(`${PODS}/web`)).toBeDefined();
    const { stdout } = await command('leave', '--kubeconfig', admin);
    expect(stdout).toContain('evicted   default/web');
    flags.length = 0;
    await node.restartKubelet();
    await node.pod('static', isRunning);
    expect((await node.running()).get('static/app')).toBe(before);
    expect((await node.running()).size).toBe(1);
    expect(await cluster.get(NODE)).toBeUndefined();
    for (const path of ['bootstrap-kubelet.conf', 'kubelet.conf', 'kubelet.yaml.d/50-cluster.conf', 'pki/ca.crt'])
      await expect(access(at(path)), path).rejects.toThrow();
  });
});
