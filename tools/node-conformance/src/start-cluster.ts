import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { waitFor } from '@solo-kubelet-tools/testbed';

export interface Programs {
  /** Is kube-apiserver, kube-controller-manager, kube-scheduler or kubelet, as its first argument says. */
  readonly kube: string;
  readonly etcd: string;
}

export interface Cluster {
  readonly url: string;
  /** Files. */
  readonly adminKubeconfig: string;
  readonly nodeKubeconfig: string;
  /** Starts a program whose output goes to `NAME.log`. */
  launch(name: string, program: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<ChildProcess>;
}

export const ADMIN_TOKEN = 'of-admin';
const NODE_TOKEN = 'of-node';
const PORT = 6443;

/** etcd, kube-apiserver, kube-controller-manager and kube-scheduler on the usual ports: for namespaces of one's own, with which they end. The node has only a node's rights. */
export const startCluster = async ({ kube, etcd }: Programs, directory: string, nodeName: string): Promise<Cluster> => {
  await mkdir(directory, { recursive: true });
  const at = (path: string): string => join(directory, path);
  const url = `https://127.0.0.1:${PORT}`;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(at('accounts.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(
    at('tokens.csv'),
    `${ADMIN_TOKEN},admin,admin,system:masters\n${NODE_TOKEN},system:node:${nodeName},node,system:nodes\n`,
    { mode: 0o600 },
  );
  const launch: Cluster['launch'] = async (name, program, args, env = process.env) => {
    const log = await open(at(`${name}.log`), 'a');
    const child = spawn(program, args, { stdio: ['ignore', log.fd, log.fd], env });
    await once(child, 'spawn').finally(() => log.close());
    return child;
  };
  await launch('etcd', etcd, ['--data-dir', at('etcd'), '--unsafe-no-fsync', '--log-level', 'warn']);
  // biome-ignore format: a flag and its value
  const apiserver = await launch('kube-apiserver', kube, ['kube-apiserver',
      '--etcd-servers', 'http://127.0.0.1:2379', '--cert-dir', at('certificates'),
      '--bind-address', '127.0.0.1', '--advertise-address', '127.0.0.1', '--secure-port', String(PORT),
      '--token-auth-file', at('tokens.csv'), '--authorization-mode', 'Node,RBAC',
      '--enable-admission-plugins', 'NodeRestriction', '--allow-privileged',
      '--service-cluster-ip-range', '10.96.0.0/16', '--endpoint-reconciler-type', 'none',
      '--service-account-issuer', 'https://kubernetes.default.svc',
      '--service-account-key-file', at('accounts.key'), '--service-account-signing-key-file', at('accounts.key'),
      '--kubelet-preferred-address-types', 'InternalIP,Hostname']);
  const isReady = await waitFor(async () => apiserver.exitCode !== null || (await statusOf(`${url}/readyz`)) === 200, {
    what: 'kube-apiserver',
    timeoutMs: 120_000,
  });
  if (!isReady || apiserver.exitCode !== null) throw new Error(`kube-apiserver ended; see ${at('kube-apiserver.log')}`);
  // The certificate it made for itself comes with its authority's.
  const ca = at('certificates/apiserver.crt');
  const data = (await readFile(ca)).toString('base64');
  const kubeconfig = async (name: string, token: string): Promise<string> => {
    const content = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority-data': data } }],
      users: [{ name: 'test', user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    };
    await writeFile(at(name), JSON.stringify(content), { mode: 0o600 });
    return at(name);
  };
  const adminKubeconfig = await kubeconfig('admin.kubeconfig', ADMIN_TOKEN);
  const asAdmin = ['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'].flatMap((flag) => [`--${flag}`, adminKubeconfig]);
  const signing = ['--service-account-private-key-file', at('accounts.key'), '--root-ca-file', ca];
  await launch('kube-controller-manager', kube, ['kube-controller-manager', ...asAdmin, '--leader-elect=false', ...signing]);
  await launch('kube-scheduler', kube, ['kube-scheduler', ...asAdmin, '--leader-elect=false']);
  const nodeKubeconfig = await kubeconfig('node.kubeconfig', NODE_TOKEN);
  return { url, adminKubeconfig, nodeKubeconfig, launch };
};

const statusOf = (url: string): Promise<number> =>
  new Promise((resolve) => {
    const options = { rejectUnauthorized: false, headers: { authorization: `Bearer ${ADMIN_TOKEN}` }, timeout: 5_000 };
    const sent = request(url, options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(0));
    sent.end();
  });
