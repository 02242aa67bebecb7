import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { connect } from 'node:tls';
import { parseKubeconfig } from '@solo-kubelet/cluster-client';
import type { Pod } from '@solo-kubelet/pod-spec';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../api/free-port.js';
import { SLEEP, script } from '../kubelet/manifests.js';
import { startNode, type TestNode } from '../kubelet/node.js';
import { type Cluster, startCluster } from './cluster.js';
import { type ApiNode, endAll, isReady, NODE, onCluster, PODS } from './on-cluster.js';
import { lacksRealServer, type RealServer, startRealServer } from './real-server.js';
import { throughServer } from './through-server.js';

const lacking = lacksRealServer();
/** How long certificates are good for. The signer dates them back by five minutes: at 70 to 90 % of that life at most 80 s are over. */
const SIGNED_FOR = process.env['SOLO_KUBELET_SIGNED_FOR'] ?? '2m';
const ROTATIONS = Number(process.env['SOLO_KUBELET_ROTATIONS'] ?? 1);
/** Between two of one kind. */
const PAUSE_MS = 100;
const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

interface Csr {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly signerName: string; readonly username: string };
  readonly status?: { readonly conditions?: readonly object[]; readonly certificate?: string };
}

/** Each of these over and over, one after the other, until the end. */
const loads = (each: Readonly<Record<string, () => Promise<unknown>>>) => {
  const done: Record<string, number> = {};
  const failed: string[] = [];
  let isOver = false;
  const running = Object.entries(each).map(async ([name, once]) => {
    while (!isOver) {
      await once().catch((error: unknown) => failed.push(`${new Date().toISOString()} ${name}: ${error}`));
      done[name] = (done[name] ?? 0) + 1;
      await setTimeout(PAUSE_MS);
    }
  });
  return {
    end: async () => {
      isOver = true;
      await Promise.all(running);
      return { done, failed };
    },
  };
};

describe('certificates that a cluster signs', () => {
  if (lacking !== undefined) {
    it.skip(lacking);
    return;
  }
  let server: RealServer;
  let cluster: Cluster;
  let node: TestNode;
  let port: number;
  let certificates: string;
  beforeAll(async () => {
    server = await startRealServer({ controllers: [`--cluster-signing-duration=${SIGNED_FOR}`] });
    cluster = await startCluster(async () => ({ ...server, node: server.bootstrap }));
    for (const [name, role, group] of [
      ['ask', 'system:node-bootstrapper', 'system:bootstrappers'],
      ['first', 'system:certificates.k8s.io:certificatesigningrequests:nodeclient', 'system:bootstrappers'],
      ['next', 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', 'system:nodes'],
    ] as const) {
      await cluster.create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group }],
      });
    }
    [port = 0] = await freePorts(1);
    certificates = await mkdtemp(join(tmpdir(), 'solo-kubelet-certificates-'));
    const authentication = { x509: { clientCAFile: server.clientCaPath } };
    const config = { rotateCertificates: true, serverTLSBootstrap: true, enableServer: true, address: '127.0.0.1', port, authentication };
    const bootstrap = ['--bootstrap-kubeconfig', cluster.kubeconfigPath, '--kubeconfig', join(certificates, 'kubelet.conf')];
    node = await startNode({
      config: { ...config, nodeLeaseDurationSeconds: 4, nodeStatusUpdateFrequency: '1s' },
      flags: [...bootstrap, '--cert-dir', certificates, '--node-ip', '127.0.0.1', '-v', '10'],
    });
  }, 300_000);
  afterAll(() => endAll(node, cluster).finally(() => rm(certificates, { recursive: true })));

  const { inApi, goneFromApi, place, app } = onCluster(
    () => cluster,
    () => node,
  );
  /** Approves what asks for a serving certificate, as an administrator would; the names of the requests. */
  const approve = async (): Promise<readonly string[]> => {
    const { items } = (await cluster.get<{ readonly items: readonly Csr[] }>(CSRS))!;
    const waiting = items.filter(({ spec, status }) => spec.signerName === 'kubernetes.io/kubelet-serving' && !status?.conditions);
    for (const csr of waiting) {
      const conditions = [{ type: 'Approved', status: 'True', reason: 'Test', message: 'by the test' }];
      await cluster.patch(`${CSRS}/${csr.metadata.name}/approval`, { status: { conditions } });
    }
    return waiting.map(({ metadata }) => metadata.name);
  };
  /** The certificate that the node's API shows to one who believes the cluster alone. */
  const shown = async (): Promise<string> => {
    const ca = await readFile(server.clientCaPath);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, ca }, () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      });
      socket.once('error', reject);
    });
  };
  const clientNow = async (): Promise<string> =>
    new X509Certificate(await readFile(join(certificates, 'kubelet-client-current.pem'))).fingerprint256;

  it('nobody is served until the request is approved, and then by the name of the node; Pods run meanwhile', async () => {
    await inApi<ApiNode>(NODE, isReady);
    await place('early', { containers: [script('app', SLEEP)] });
    await app('early');
    await expect(shown()).rejects.toThrow();
    const name = await waitFor(async () => (await approve())[0], { what: 'a request' });
    const csr = await inApi<Csr>(`${CSRS}/${name}`, ({ status }) => status?.certificate !== undefined);
    expect(csr.spec.username).toBe('system:node:node1');
    const certificate = new X509Certificate(Buffer.from(csr.status?.certificate ?? '', 'base64'));
    await waitFor(async () => (await shown()) === certificate.fingerprint256, { what: 'the certificate' });
    expect(certificate.subjectAltName).toBe('DNS:node1, IP Address:127.0.0.1');
  });

  it(`${ROTATIONS} times both are replaced under load, and no request fails`, { timeout: (ROTATIONS + 1) * 200_000 }, async () => {
    const seen = { client: new Set<string>(), server: new Set<string>() };
    const from = node.kubelet().log().length;
    let asked = 0;
    const users = throughServer(server.url, server.adminToken);
    await place('talks', { containers: [script('app', 'echo hello; while :; do sleep 1; date +%s; done')] });
    await app('talks');
    // What began before the first rotation goes on after the last.
    using followed = await users.followLog('talks');
    using lasting = await users.startExec('talks', 'while :; do sleep 1; date +%s; done');
    const load = loads({
      log: async () => expect(await users.readLog('talks')).toMatch(/^hello\n/),
      exec: async () => expect(await users.exec('talks', 'echo $((40 + 2))')).toBe('42\n'),
    });
    for (let round = 0; seen.client.size <= ROTATIONS || seen.server.size <= ROTATIONS; round += 1) {
      const name = `short-${round}`;
      await place(name, { restartPolicy: 'Never', containers: [script('app', 'exit 0')] });
      await approve();
      const hasEnded = async (): Promise<boolean> => {
        await approve();
        seen.server.add(await shown());
        seen.client.add(await clientNow());
        asked += 1;
        return (await cluster.get<Pod>(`${PODS}/${name}`))?.status?.phase === 'Succeeded';
      };
      await waitFor(hasEnded, { what: `end of ${name}`, timeoutMs: 60_000, intervalMs: 100 });
      await cluster.remove(`${PODS}/${name}`);
      await goneFromApi(`${PODS}/${name}`);
    }
    const { done, failed } = await load.end();
    for (const [name, { hasEnded, text }] of Object.entries({ followed, lasting })) {
      expect(hasEnded(), name).toBe(false);
      const last = Number(text().trim().split('\n').at(-1));
      expect(Date.now() / 1_000 - last, name).toBeLessThan(10);
    }
    const signed = `${seen.client.size} client certificates, ${seen.server.size} serving certificates`;
    console.log(`${asked} handshakes, ${signed}; logs and commands through the API server: ${JSON.stringify(done)}`);
    expect(failed).toEqual([]);
    const failures = node
      .kubelet()
      .log()
      .slice(from)
      .split('\n')
      .filter((line) => /not told|No new certificate|API server is away|CLUSTER_|Unauthorized/.test(line));
    expect(failures).toEqual([]);
  });

  it('neither the bootstrap token nor a key is in the log, however much is logged', async () => {
    const { token } = parseKubeconfig(server.bootstrap, 'bootstrap');
    const log = node.kubelet().log();
    expect(log).toContain('The cluster has signed');
    expect(log).not.toContain(token?.type === 'text' ? token.text : 'a text');
    const keys = [...(await readFile(join(certificates, 'kubelet-client-current.pem'), 'utf8')).matchAll(/KEY-----\n([^-]+)/g)];
    expect(keys.length).toBeGreaterThan(0);
    for (const [, key = ''] of keys) expect(log).not.toContain(key.split('\n')[0]);
    expect(log).not.toContain('PRIVATE KEY');
  });

  it('a kubelet that starts again serves with what it has', async () => {
    const before = await shown();
    await node.restartKubelet('SIGKILL');
    await waitFor(async () => (await shown()) === before, { what: 'the same certificate' });
  });
});
