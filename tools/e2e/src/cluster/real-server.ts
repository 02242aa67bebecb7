import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { freePorts } from '../api/free-port.js';
import type { Server } from './cluster.js';

const etcdPath = (): string | undefined =>
  [process.env['ETCD'], ...(process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'etcd'))].find(
    (path) => path !== undefined && existsSync(path),
  );

/** Why there is no kube-apiserver to test on: no package has one. */
export const lacksRealServer = (): string | undefined => {
  if (!process.env['KUBE']) return 'KUBE does not name a program that is kube-apiserver when its first argument says so';
  return etcdPath() === undefined ? 'etcd is needed: in PATH (Debian: etcd-server), or named by ETCD' : undefined;
};

/** A kube-apiserver with an etcd and no controllers. The node has only the rights of the Node authorizer and NodeRestriction. */
export const startRealServer = async (): Promise<Server> => {
  const directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-apiserver-'));
  const [port = 0, clients = 0, peers = 0] = await freePorts(3);
  const at = (path: string): string => join(directory, path);
  const etcdUrl = `http://127.0.0.1:${clients}`;
  const peerUrl = `http://127.0.0.1:${peers}`;
  await writeFile(at('tokens.csv'), 'of-admin,admin,admin,system:masters\nof-node,system:node:node1,node1,system:nodes\n', { mode: 0o600 });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(at('accounts.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const processes: ChildProcess[] = [];
  const launch = async (program: string, ...args: readonly string[]): Promise<void> => {
    const log = await open(at('log'), 'a');
    const child = spawn(program, args, { stdio: ['ignore', log.fd, log.fd] });
    processes.push(child);
    await once(child, 'spawn').finally(() => log.close());
  };
  const close = async (): Promise<void> => {
    for (const child of processes.reverse())
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'exit');
    await rm(directory, { recursive: true });
  };
  try {
    // biome-ignore format: a flag and its value
    await launch(etcdPath()!, '--data-dir', at('etcd'), '--unsafe-no-fsync', '--log-level', 'warn',
      '--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl,
      '--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl, '--initial-cluster', `default=${peerUrl}`);
    // biome-ignore format: a flag and its value
    await launch(process.env['KUBE']!, 'kube-apiserver', '--etcd-servers', etcdUrl, '--cert-dir', at('certificates'),
      '--bind-address', '127.0.0.1', '--advertise-address', '127.0.0.1', '--secure-port', String(port),
      '--token-auth-file', at('tokens.csv'), '--authorization-mode', 'Node,RBAC',
      // Accounts of namespaces are made by a controller, which there is not.
      '--enable-admission-plugins', 'NodeRestriction', '--disable-admission-plugins', 'ServiceAccount',
      '--service-cluster-ip-range', '10.96.0.0/16', '--endpoint-reconciler-type', 'none',
      '--service-account-issuer', 'https://kubernetes.default.svc',
      '--service-account-key-file', at('accounts.key'), '--service-account-signing-key-file', at('accounts.key'));
    const url = `https://127.0.0.1:${port}`;
    const ended = (): boolean => processes.some(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null);
    const isReady = await waitFor(async () => ended() || (await statusOf(`${url}/readyz`)) === 200, {
      what: 'kube-apiserver',
      timeoutMs: 120_000,
    });
    if (!isReady || ended()) throw new Error(`etcd or kube-apiserver ended:\n${(await readFile(at('log'), 'utf8')).slice(-4_000)}`);
    // The certificate it made for itself comes with its authority's.
    const ca = (await readFile(at('certificates/apiserver.crt'))).toString('base64');
    const kubeconfig = (token: string): string =>
      JSON.stringify({
        'current-context': 'test',
        clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority-data': ca } }],
        users: [{ name: 'test', user: { token } }],
        contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      });
    return { url, admin: kubeconfig('of-admin'), node: kubeconfig('of-node'), close };
  } catch (error) {
    await close();
    throw error;
  }
};

const statusOf = (url: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { rejectUnauthorized: false, headers: { authorization: 'Bearer of-admin' }, timeout: 5_000 }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', reject);
    sent.end();
  });
