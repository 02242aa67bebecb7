import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { asyncScheduler, BehaviorSubject, map, Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AcmeFailure } from '../src/acme/acme-failure.js';
import { type AcmeReport, acmeIssuer, runAcme } from '../src/acme/index.js';
import { type AcmeState, answeredTokens } from '../src/index.js';
import { type AcmeServer, startAcmeServer } from './acme-server.js';
import { opensslPair, undated } from './openssl-pair.js';
import { ask, computeOf, freePorts, hasHaproxy, SOON, startBackend, startProxy } from './started-proxy.js';

const isThere = (program: string): Promise<boolean> =>
  promisify(execFile)(program, ['-version']).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
const hasPebble = (await isThere('pebble')) && (await isThere('pebble-challtestsrv'));
if (!hasHaproxy) process.stderr.write('haproxy is not installed: certificates by ACME are tried without it\n');
if (!hasPebble) process.stderr.write('pebble is not installed: certificates by ACME are tried with a server of the tests alone\n');

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'acme-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const never = new AbortController().signal;

/** Answers challenges in place of a proxy. */
const startAnswers = async () => {
  let challenges: ReadonlyMap<string, string> = new Map();
  const server = createServer((incoming, response) => {
    const answer = challenges.get(incoming.url?.split('/').at(-1) ?? '');
    response.writeHead(answer === undefined ? 404 : 200);
    response.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    publish: async (next: ReadonlyMap<string, string>): Promise<void> => {
      challenges = next;
    },
    left: () => challenges.size,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

describe('an ACME server', { timeout: 60_000 }, () => {
  const issuerOf = (server: AcmeServer) =>
    acmeIssuer({
      directoryUrl: server.directoryUrl,
      directory,
      email: 'ada@example.com',
      readCa: async () => server.ca,
      scheduler: asyncScheduler,
    });

  it('issues certificates to one account, which is kept; a nonce that it takes for old is replaced', async () => {
    await using answers = await startAnswers();
    await using server = await startAcmeServer({ httpPort: () => answers.port });
    const options = { publish: answers.publish, scheduler: asyncScheduler, signal: never };
    server.fail('order', { status: 400, type: 'badNonce', detail: 'old' });
    const { certificatePem } = await issuerOf(server)(['a.example', 'b.example'], options);
    expect(certificatePem.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(answers.left()).toBe(0);
    await issuerOf(server)(['c.example'], options);
    expect(server.accounts()).toBe(1);
    expect(server.asked.filter((each) => each === 'account')).toHaveLength(1);
    const [place = ''] = await readdir(directory);
    const account = join(directory, place, 'account.json');
    expect((await stat(account)).mode & 0o777).toBe(0o600);
    // It has lost everything.
    server.forgetAccounts();
    const before = await readFile(account, 'utf8');
    await issuerOf(server)(['d.example'], options);
    expect(server.accounts()).toBe(1);
    expect(await readFile(account, 'utf8')).not.toBe(before);
  });

  it.each<[string, (server: AcmeServer) => void, Partial<AcmeFailure>]>([
    ['that can’t be used', (server) => server.fail('directory', { status: 503, body: '<html>' }), { kind: 'unreachable' }],
    ['that is none', (server) => server.fail('directory', { status: 200, body: '[]' }), { kind: 'refused' }],
    ['that is another page', (server) => server.fail('directory', { status: 404, body: '<html>' }), { kind: 'refused' }],
    [
      'that has had enough',
      (server) =>
        server.fail('order', { status: 429, type: 'rateLimited', detail: 'too \u001b[31mmany', headers: { 'retry-after': '3600' } }),
      { kind: 'refused', acmeType: 'rateLimited', retryAfterMs: 3_600_000, message: 'rateLimited: too ^[[31mmany' },
    ],
    [
      'whose URLs lead elsewhere',
      (server) =>
        server.fail('directory', {
          status: 200,
          body: '{"newNonce":"http://127.0.0.1/","newAccount":"file:///etc/passwd","newOrder":"x"}',
        }),
      { kind: 'refused', message: '"http://127.0.0.1/" is no URL of https' },
    ],
    [
      'whose token is a path',
      (server) =>
        server.fail('authorization', {
          status: 200,
          body: JSON.stringify({
            status: 'pending',
            identifier: { value: 'a.example' },
            challenges: [null, { type: 'http-01', url: 'https://x/', token: '../x y\n' }],
          }),
        }),
      { kind: 'refused', message: 'a.example: the token of the challenge is none' },
    ],
    [
      'that offers no HTTP-01',
      (server) =>
        server.fail('authorization', { status: 200, body: '{"status":"pending","identifier":{"value":"a.example"},"challenges":7}' }),
      { kind: 'refused', message: 'a.example: the server offers no HTTP-01 challenge' },
    ],
    [
      'that says too much',
      (server) => server.fail('directory', { status: 200, body: `"${'x'.repeat(2_000_000)}"` }),
      { kind: 'unreachable' },
    ],
    ['that nests', (server) => server.fail('directory', { status: 200, body: '['.repeat(200_000) }), { kind: 'refused' }],
    ['that issues nonsense', (server) => server.fail('certificate', { status: 200, body: 'nonsense' }), { kind: 'refused' }],
    [
      'without an order’s parts',
      (server) => server.fail('order', { status: 201, body: '{}', headers: { location: 'https://x/' } }),
      { kind: 'refused', message: 'the order has no finalize' },
    ],
  ])('%s is a failure with its reason', async (_, spoil, expected) => {
    await using answers = await startAnswers();
    await using server = await startAcmeServer({ httpPort: () => answers.port });
    spoil(server);
    const error = await issuerOf(server)(['a.example'], { publish: answers.publish, scheduler: asyncScheduler, signal: never }).catch(
      (each: unknown) => each,
    );
    expect(error).toBeInstanceOf(AcmeFailure);
    expect(error).toMatchObject(expected);
    expect(answers.left()).toBe(0);
  });

  it('that issues a certificate whose dates are none is refused', async () => {
    await using answers = await startAnswers();
    await using server = await startAcmeServer({ httpPort: () => answers.port, alter: undated });
    const order = issuerOf(server)(['a.example'], { publish: answers.publish, scheduler: asyncScheduler, signal: never });
    await expect(order).rejects.toMatchObject({
      name: 'AcmeFailure',
      kind: 'refused',
      message: "what the server issued can't be used: tls.crt has dates that cannot be read",
    });
  });

  it('is not asked on where its certificate is of nobody, and where nobody listens', async () => {
    await using answers = await startAnswers();
    await using server = await startAcmeServer({ httpPort: () => answers.port });
    const options = { publish: answers.publish, scheduler: asyncScheduler, signal: never };
    const stranger = acmeIssuer({ directoryUrl: server.directoryUrl, directory, scheduler: asyncScheduler });
    await expect(stranger(['a.example'], options)).rejects.toMatchObject({ kind: 'unreachable' });
    const nobody = acmeIssuer({ directoryUrl: 'https://127.0.0.1:1/', directory, scheduler: asyncScheduler });
    await expect(nobody(['a.example'], options)).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('that does not see the answer says so, and an order that is aborted ends', async () => {
    await using answers = await startAnswers();
    await using server = await startAcmeServer({ httpPort: () => answers.port });
    const issue = issuerOf(server);
    await expect(issue(['a.example'], { publish: async () => {}, scheduler: asyncScheduler, signal: never })).rejects.toMatchObject({
      kind: 'refused',
      message: 'a.example: unauthorized: wrong answer',
    });
    const abort = new AbortController();
    const order = issue(['a.example'], {
      publish: async ({ size }) => {
        if (size > 0) abort.abort(new Error('the kubelet ends'));
      },
      scheduler: asyncScheduler,
      signal: abort.signal,
    });
    await expect(order).rejects.toThrow();
  });
});

interface Started {
  readonly reports: readonly AcmeReport[];
  readonly proxy: Awaited<ReturnType<typeof startProxy>>;
}

/** A proxy and a client of ACME as the kubelet wires them. */
const serve = async (
  directoryUrl: string,
  { ca, web, hosts }: { readonly ca: string; readonly web: number; readonly hosts: readonly string[] },
  ports: readonly [number, number],
): Promise<Started & AsyncDisposable> => {
  const proxy = await startProxy(opensslPair, { ports });
  const state$ = new BehaviorSubject<Omit<AcmeState, 'issuers'>>({ issued: new Map(), trouble: new Map(), challenges: new Map() });
  const wanted$ = new Subject<ReadonlySet<string>>();
  const reports: AcmeReport[] = [];
  const running = runAcme({
    wanted$,
    answered$: proxy.report$.pipe(map((report) => answeredTokens(report, proxy.httpPort))),
    directory,
    directoryUrl,
    issue: acmeIssuer({ directoryUrl, directory, readCa: async () => ca, scheduler: asyncScheduler }),
  }).subscribe((report) => {
    reports.push(report);
    if (report.type === 'state') state$.next(report);
  });
  running.add(
    state$.subscribe((state) => {
      const { table, wantedCertificates } = computeOf({
        ingresses: [
          {
            metadata: {
              name: 'web',
              namespace: 'shop',
              annotations: { 'cert-manager.io/cluster-issuer': 'letsencrypt', 'nginx.ingress.kubernetes.io/ssl-redirect': 'true' },
            },
            spec: {
              tls: [{ hosts, secretName: 'not-there' }],
              rules: hosts.map((host) => ({
                host,
                http: { paths: [{ path: '/', pathType: 'Prefix' as const, backend: { service: { name: 'web', port: { number: 80 } } } }] },
              })),
            },
          },
        ],
        servers: { web: [web] },
        acme: { ...state, issuers: ['letsencrypt'] },
      });
      proxy.want(table);
      // As the kubelet: it is not asked for anew within the same turn.
      setImmediate(() => wanted$.next(wantedCertificates));
    }),
  );
  return {
    reports,
    proxy,
    [Symbol.asyncDispose]: async () => {
      running.unsubscribe();
      await proxy[Symbol.asyncDispose]();
    },
  };
};

describe.skipIf(!hasHaproxy)('certificates by ACME in haproxy', { timeout: 120_000 }, () => {
  it('take the place of the node’s own once they are issued; challenges are answered for no longer than that', async () => {
    const ports = await freePorts();
    await using web = await startBackend('web');
    await using server = await startAcmeServer({ httpPort: () => ports[0] });
    await using started = await serve(server.directoryUrl, { ca: server.ca, web: web.port, hosts: ['a.example', 'b.example'] }, ports);
    const shown = (name: string) => ask(ports[1], name, '/', { tls: true });
    // Meanwhile it has one of the node's own.
    await vi.waitFor(() => expect(started.proxy.reports).toContainEqual(expect.objectContaining({ how: 'started', https: true })), SOON);
    await vi.waitFor(() => expect(started.reports).toContainEqual(expect.objectContaining({ type: 'issued', isRenewed: false })), SOON);
    await vi.waitFor(async () => expect(await peerIssuer(ports[1], 'a.example')).toBe('issuer.test'), SOON);
    expect(await shown('b.example')).toMatchObject({ status: 200, certificate: 'DNS:a.example, DNS:b.example' });
    const token = server.tokens()[0] ?? '';
    expect(token.length).toBeGreaterThan(20);
    // Now its path is like any other: it is sent to HTTPS.
    expect((await ask(ports[0], 'a.example', `/.well-known/acme-challenge/${token}`)).status).toBe(308);
    expect(started.reports.filter(({ type }) => type === 'failed')).toEqual([]);
  });

  it.skipIf(!hasPebble)('are those of pebble, the test server of Let’s Encrypt, too', async () => {
    const ports = await freePorts();
    const [apiPort, managementPort] = await freePorts();
    const [dnsPort] = await freePorts();
    const own = await opensslPair(['localhost']);
    await writeFile(join(directory, 'own.pem'), own.certificatePem);
    await writeFile(join(directory, 'own.key'), own.keyPem);
    const config = {
      listenAddress: `127.0.0.1:${apiPort}`,
      managementListenAddress: `127.0.0.1:${managementPort}`,
      certificate: join(directory, 'own.pem'),
      privateKey: join(directory, 'own.key'),
      httpPort: ports[0],
      tlsPort: ports[1],
      ocspResponderURL: '',
      externalAccountBindingRequired: false,
    };
    await writeFile(join(directory, 'pebble.json'), JSON.stringify({ pebble: config }));
    const off = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-management', ''];
    const dns = spawn('pebble-challtestsrv', ['-defaultIPv4', '127.0.0.1', '-defaultIPv6', '', '-dns01', `127.0.0.1:${dnsPort}`, ...off]);
    // One of five nonces is refused, and half of the authorizations are new ones; nothing waits as it would on the internet.
    const env = { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '20' };
    const pebble = spawn('pebble', ['-config', join(directory, 'pebble.json'), '-dnsserver', `127.0.0.1:${dnsPort}`], { env });
    try {
      await untilListening(apiPort);
      await using web = await startBackend('web');
      const directoryUrl = `https://localhost:${apiPort}/dir`;
      await using started = await serve(directoryUrl, { ca: own.certificatePem, web: web.port, hosts: ['a.example', 'b.example'] }, ports);
      await vi.waitFor(
        () => expect(started.reports, JSON.stringify(started.reports)).toContainEqual(expect.objectContaining({ type: 'issued' })),
        SOON,
      );
      await vi.waitFor(async () => expect(await peerIssuer(ports[1], 'a.example')).toMatch(/^Pebble Intermediate CA/), SOON);
      expect(await ask(ports[1], 'b.example', '/', { tls: true })).toMatchObject({
        status: 200,
        certificate: 'DNS:a.example, DNS:b.example',
      });
    } finally {
      await Promise.all([pebble, dns].map(end));
    }
  });
});

/** Common name of who signed the certificate that is shown for a name. */
const peerIssuer = (port: number, servername: string): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port, servername, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().issuer.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });

const untilListening = (port: number): Promise<void> =>
  vi.waitFor(
    () =>
      new Promise<void>((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.destroy();
          resolve();
        });
        socket.on('error', reject);
      }),
    SOON,
  );

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGKILL');
  await ended;
};
