import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { freePorts } from '../api/free-port.js';
import type { Server } from './cluster.js';

const run = promisify(execFile);

const etcdPath = (): string | undefined =>
  [process.env['ETCD'], ...(process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'etcd'))].find(
    (path) => path !== undefined && existsSync(path),
  );

/** Why there is no kube-apiserver to test on: no package has one. */
export const lacksRealServer = (): string | undefined => {
  if (!process.env['KUBE']) return 'KUBE does not name a program that is kube-apiserver when its first argument says so';
  return etcdPath() === undefined ? 'etcd is needed: in PATH (Debian: etcd-server), or named by ETCD' : undefined;
};

export interface RealServerOptions {
  /** Starts kube-controller-manager with these flags, and kube-scheduler. Default: neither. */
  readonly controllers?: readonly string[];
}

export interface RealServer extends Server {
  /** A kubeconfig whose token may do no more than ask for a node's certificate. */
  readonly bootstrap: string;
  /** The authority of clients, which signs what is approved, and by which the API server knows the nodes it connects to. */
  readonly clientCaPath: string;
  /** The token of an administrator. */
  readonly adminToken: string;
  /** Ends kube-apiserver at once, and nothing of what it keeps. */
  stopApi(): Promise<void>;
  startApi(): Promise<void>;
}

/** A kube-apiserver with an etcd. The node has only the rights of the Node authorizer and NodeRestriction. */
export const startRealServer = async (options: RealServerOptions = {}): Promise<RealServer> => {
  const directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-apiserver-'));
  const [port = 0, clients = 0, peers = 0, ...others] = await freePorts(5);
  const at = (path: string): string => join(directory, path);
  const etcdUrl = `http://127.0.0.1:${clients}`;
  const peerUrl = `http://127.0.0.1:${peers}`;
  const [ofAdmin, ofNode, ofNobody] = ['admin', 'node', 'nobody'].map((who) => `of-${who}-${randomBytes(12).toString('hex')}`) as [
    string,
    string,
    string,
  ];
  const tokens = [
    `${ofAdmin},admin,admin,system:masters`,
    `${ofNode},system:node:node1,node1,system:nodes`,
    `${ofNobody},nobody,nobody,system:bootstrappers`,
  ];
  await writeFile(at('tokens.csv'), `${tokens.join('\n')}\n`, { mode: 0o600 });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(at('accounts.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  // biome-ignore format: a flag and its value
  await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '10', '-subj', '/CN=clients',
    '-keyout', at('ca.key'), '-out', at('ca.crt')]);
  // By this the API server is known to kubelets, for logs and exec.
  // biome-ignore format: a flag and its value
  await run('openssl', ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-x509', '-days', '10',
    '-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-subj', '/O=system:masters/CN=kube-apiserver-kubelet-client',
    '-addext', 'basicConstraints=CA:FALSE', '-addext', 'extendedKeyUsage=clientAuth', '-keyout', at('kubelet-client.key'), '-out', at('kubelet-client.crt')]);
  const processes = new Map<string, ChildProcess>();
  const launch = async (name: string, program: string, ...args: readonly string[]): Promise<void> => {
    const log = await open(at('log'), 'a');
    const child = spawn(program, args, { stdio: ['ignore', log.fd, log.fd] });
    processes.set(name, child);
    await once(child, 'spawn').finally(() => log.close());
  };
  const launchKube = (name: string, ...args: readonly string[]): Promise<void> => launch(name, process.env['KUBE']!, name, ...args);
  const stop = async (name: string): Promise<void> => {
    const child = processes.get(name);
    processes.delete(name);
    if (child && child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  };
  const close = async (): Promise<void> => {
    for (const name of [...processes.keys()].reverse()) await stop(name);
    await rm(directory, { recursive: true });
  };
  const url = `https://127.0.0.1:${port}`;
  const ended = (): boolean => [...processes.values()].some(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null);
  const startApi = async (): Promise<void> => {
    // biome-ignore format: a flag and its value
    await launchKube('kube-apiserver', '--etcd-servers', etcdUrl, '--cert-dir', at('certificates'),
      '--bind-address', '127.0.0.1', '--advertise-address', '127.0.0.1', '--secure-port', String(port),
      '--token-auth-file', at('tokens.csv'), '--enable-bootstrap-token-auth', '--client-ca-file', at('ca.crt'), '--authorization-mode', 'Node,RBAC', '--allow-privileged',
      '--kubelet-client-certificate', at('kubelet-client.crt'), '--kubelet-client-key', at('kubelet-client.key'),
      '--kubelet-certificate-authority', at('ca.crt'), '--kubelet-preferred-address-types', 'InternalIP',
      // Accounts of namespaces are made by a controller.
      '--enable-admission-plugins', 'NodeRestriction', ...(options.controllers ? [] : ['--disable-admission-plugins', 'ServiceAccount']),
      '--service-cluster-ip-range', '10.96.0.0/16', '--endpoint-reconciler-type', 'none',
      '--service-account-issuer', 'https://kubernetes.default.svc',
      '--service-account-key-file', at('accounts.key'), '--service-account-signing-key-file', at('accounts.key'));
    const isReady = await waitFor(async () => ended() || (await statusOf(`${url}/readyz`, ofAdmin)) === 200, {
      what: 'kube-apiserver',
      timeoutMs: 120_000,
    });
    if (!isReady || ended()) throw new Error(`etcd or kube-apiserver ended:\n${(await readFile(at('log'), 'utf8')).slice(-4_000)}`);
  };
  try {
    // biome-ignore format: a flag and its value
    await launch('etcd', etcdPath()!, '--data-dir', at('etcd'), '--unsafe-no-fsync', '--log-level', 'warn',
      '--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl,
      '--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl, '--initial-cluster', `default=${peerUrl}`);
    await startApi();
    // The certificate it made for itself comes with its authority's.
    const ca = (await readFile(at('certificates/apiserver.crt'))).toString('base64');
    const kubeconfig = (token: string): string =>
      JSON.stringify({
        'current-context': 'test',
        clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority-data': ca } }],
        users: [{ name: 'test', user: { token } }],
        contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      });
    if (options.controllers !== undefined) {
      await writeFile(at('admin.kubeconfig'), kubeconfig(ofAdmin), { mode: 0o600 });
      const flags = (securePort = 0): readonly string[] => [
        ...['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'].map((flag) => `--${flag}=${at('admin.kubeconfig')}`),
        '--leader-elect=false',
        '--bind-address=127.0.0.1',
        `--secure-port=${securePort}`,
      ];
      // biome-ignore format: a flag and its value
      await launchKube('kube-controller-manager', ...flags(others[0]),
        '--service-account-private-key-file', at('accounts.key'), '--root-ca-file', at('certificates/apiserver.crt'),
        '--cluster-signing-cert-file', at('ca.crt'), '--cluster-signing-key-file', at('ca.key'), ...options.controllers);
      await launchKube('kube-scheduler', ...flags(others[1]));
    }
    return {
      url,
      admin: kubeconfig(ofAdmin),
      node: kubeconfig(ofNode),
      bootstrap: kubeconfig(ofNobody),
      clientCaPath: at('ca.crt'),
      adminToken: ofAdmin,
      close,
      stopApi: () => stop('kube-apiserver'),
      startApi,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

const statusOf = (url: string, token: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { rejectUnauthorized: false, headers: { authorization: `Bearer ${token}` }, timeout: 5_000 }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', reject);
    sent.end();
  });
