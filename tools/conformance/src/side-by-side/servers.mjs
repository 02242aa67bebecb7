import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OURS = fileURLToPath(new URL('../../api-server.mjs', import.meta.url));
const READY_TIMEOUT_MS = 120_000;
const POLL_MS = 5;
const DISABLED = 'ServiceAccount,DefaultTolerationSeconds,TaintNodesByCondition,DefaultStorageClass';

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const isReady = (url) =>
  new Promise((resolve) => {
    const sent = request(
      `${url}/readyz`,
      { rejectUnauthorized: false, headers: { Authorization: 'Bearer token-of-admin' } },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode === 200));
      },
    );
    sent.once('error', () => resolve(false));
    sent.end();
  });

/** Waits until a server answers; the time since `startMs`, ms. @throws Error where it ends before, or takes too long */
const untilReady = async (url, child, startMs, log) => {
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode} before it was ready; see ${log}`);
    if (performance.now() - startMs > READY_TIMEOUT_MS) throw new Error(`${url} was not ready within ${READY_TIMEOUT_MS} ms; see ${log}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return performance.now() - startMs;
};

const start = (command, args, log) => {
  const out = openSync(log, 'w');
  return spawn(command, args, { stdio: ['ignore', out, out] });
};

const stopChild = (child) =>
  new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });

const pssOf = ({ pid }) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024;

const MS_PER_TICK = 10;

/** CPU time of a process, ms: what another load on the machine changes least. */
const cpuOf = ({ pid }) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
};

const writeTokens = (directory) => {
  const file = join(directory, 'tokens.csv');
  writeFileSync(file, 'token-of-admin,admin,uid-1,"system:masters"\n');
  return file;
};

/** Our server by its command, over an empty store in memory. */
export const startOurs = async (directory, profiles) => {
  const port = await freePort();
  const log = join(directory, 'ours.log');
  const profiled = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
  const startMs = performance.now();
  const child = start(process.execPath, [...profiled, OURS, '--port', String(port), '--token-auth-file', writeTokens(directory)], log);
  const url = `https://127.0.0.1:${port}`;
  const readyMs = await untilReady(url, child, startMs, log);
  return { url, readyMs, readyCpuMs: cpuOf(child), cpuMs: () => cpuOf(child), pssMib: () => pssOf(child), stop: () => stopChild(child) };
};

/** kube-apiserver with an etcd of its own that does not wait for the disk. */
export const startPeer = async (directory, { kube, etcd }) => {
  const [port, clientPort, peerPort] = [await freePort(), await freePort(), await freePort()];
  const certs = join(directory, 'certs');
  mkdirSync(certs);
  const key = join(directory, 'sa.key');
  execFileSync('openssl', ['genrsa', '-out', key, '2048'], { stdio: 'ignore' });
  execFileSync('openssl', ['rsa', '-in', key, '-pubout', '-out', `${key}.pub`], { stdio: 'ignore' });
  const [client, peer] = [`http://127.0.0.1:${clientPort}`, `http://127.0.0.1:${peerPort}`];
  const log = join(directory, 'kube-apiserver.log');
  const startMs = performance.now();
  const store = start(
    etcd,
    [
      ...['--data-dir', join(directory, 'etcd'), '--unsafe-no-fsync', '--log-level', 'error'],
      ...['--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
    ],
    join(directory, 'etcd.log'),
  );
  const server = start(
    kube,
    [
      ...[
        'kube-apiserver',
        '--etcd-servers',
        client,
        '--bind-address',
        '127.0.0.1',
        '--advertise-address',
        '127.0.0.1',
        '--secure-port',
        String(port),
      ],
      ...['--cert-dir', certs, '--token-auth-file', writeTokens(directory), '--authorization-mode=AlwaysAllow', '--allow-privileged=true'],
      ...['--service-account-issuer', 'https://kubernetes.default.svc', '--service-account-key-file', `${key}.pub`],
      ...['--service-account-signing-key-file', key, '--service-cluster-ip-range', '10.96.0.0/16', '--endpoint-reconciler-type=none'],
      ...['--disable-admission-plugins', DISABLED],
    ],
    log,
  );
  const url = `https://127.0.0.1:${port}`;
  const stop = async () => {
    await stopChild(server);
    await stopChild(store);
  };
  try {
    const readyMs = await untilReady(url, server, startMs, log);
    const cpuMs = () => cpuOf(server) + cpuOf(store);
    return { url, readyMs, readyCpuMs: cpuMs(), cpuMs, pssMib: () => pssOf(server) + pssOf(store), stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
