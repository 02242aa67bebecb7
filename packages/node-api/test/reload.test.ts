import { once } from 'node:events';
import { mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { Logger } from '@solo-kubelet/diagnostics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeCertificate } from '../src/index.js';
import { ask, startApi, type TestApi } from './api.js';
import { createCa } from './certificates.js';
import { exchangeRaw } from './raw-socket.js';

const DAY_MS = 86_400_000;

const servedBy = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on('error', reject);
  });

/** Like an operator with an editor: the certificate is written in place, the key a moment later. */
const writePair = async (directory: string): Promise<void> => {
  const pair = await makeCertificate({ hostname: 'localhost', notBeforeMs: Date.now(), notAfterMs: Date.now() + DAY_MS });
  await writeFile(join(directory, 'kubelet.cert'), pair.certificatePem);
  await writeFile(join(directory, 'kubelet.key'), pair.keyPem);
};

it('serves with a changed certificate, and believes a changed client CA, long before the next regular look', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-reload-'));
  const [before, after] = await Promise.all([createCa(), createCa()]);
  const clientCaFile = join(directory, 'ca.crt');
  await writeFile(clientCaFile, before.certificatePem);
  await writePair(directory);
  await using test = await startApi({
    port: 0,
    clientCaFile,
    certificate: { certFile: join(directory, 'kubelet.cert'), keyFile: join(directory, 'kubelet.key'), certDirectory: directory },
  });
  const port = test.api.listeners.tls?.port ?? 0;
  const client = await after.issue('boss', 'system:masters');
  const status = async () => (await ask({ tls: true, port, path: '/healthz', ...client } as Parameters<typeof ask>[0])).status;
  const first = await servedBy(port);
  expect(await status()).toBe(401);

  await writePair(directory);
  await vi.waitFor(async () => expect(await servedBy(port)).not.toBe(first), { timeout: 10_000, interval: 50 });
  await writeFile(`${clientCaFile}.new`, after.certificatePem);
  await rename(`${clientCaFile}.new`, clientCaFile);
  await vi.waitFor(async () => expect(await status()).toBe(200), { timeout: 10_000, interval: 50 });
  await rm(directory, { recursive: true });
});

it('fails every handshake until the cluster has signed a certificate, and takes each that follows while requests go on', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-signed-'));
  const signedFile = join(directory, 'kubelet-server-current.pem');
  const sign = async (name: string): Promise<void> => {
    const pair = await makeCertificate({ hostname: 'localhost', notBeforeMs: Date.now(), notAfterMs: Date.now() + DAY_MS });
    await writeFile(join(directory, name), `${pair.certificatePem}${pair.keyPem}`);
    await symlink(join(directory, name), `${signedFile}.new`);
    await rename(`${signedFile}.new`, signedFile);
  };
  await using test = await startApi({
    port: 0,
    anonymous: true,
    authorization: 'AlwaysAllow',
    certificate: { certDirectory: directory, signedFile },
  });
  const port = test.api.listeners.tls?.port ?? 0;
  await expect(servedBy(port)).rejects.toThrow(/handshake failure|ECONNRESET|disconnected/);
  await sign('one.pem');
  const first = await vi.waitFor(() => servedBy(port), { timeout: 10_000, interval: 50 });
  await sign('two.pem');
  let asked = 0;
  await vi.waitFor(
    async () => {
      expect((await ask({ tls: true, port, path: '/healthz' } as Parameters<typeof ask>[0])).status).toBe(200);
      asked += 1;
      expect(await servedBy(port)).not.toBe(first);
    },
    { timeout: 10_000, interval: 20 },
  );
  expect(asked).toBeGreaterThan(0);
  expect((await readdir(directory)).sort()).toEqual(['kubelet-server-current.pem', 'one.pem', 'two.pem']);
  await rm(directory, { recursive: true });
});

describe('each credential file by itself', () => {
  const TOKEN = 'reader-token-0123456789';
  let directory: string;
  let paths: Readonly<Record<'ca' | 'tokens', string>>;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-parts-'));
    paths = { ca: join(directory, 'ca.crt'), tokens: join(directory, 'tokens.csv') };
    await writeFile(paths.tokens, `${TOKEN},reader,read\n`);
  });
  afterEach(() => rm(directory, { recursive: true }));

  const start = (records: string[] = []) => {
    const capture = (...parts: readonly unknown[]): void => void records.push(JSON.stringify(parts));
    const logger = { trace: capture, debug: capture, info: capture, warn: capture, error: capture } as unknown as Logger;
    return startApi({ port: 0, clientCaFile: paths.ca, tokenFile: paths.tokens, anonymous: true, authorization: 'AlwaysAllow', logger });
  };
  const status = async ({ api }: TestApi, more: object = {}): Promise<number> =>
    (await ask({ tls: true, port: api.listeners.tls?.port ?? 0, path: '/healthz', ...more } as Parameters<typeof ask>[0])).status;
  const bearer = { headers: { authorization: `Bearer ${TOKEN}` } };
  const PATIENCE = { timeout: 10_000, interval: 50 };

  it.each([
    ['an empty file', ''],
    ['garbage', 'not a certificate\n'],
    ['a key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
    ['a broken certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
  ])('%s is no client CA to start with', async (_what, text) => {
    await writeFile(paths.ca, text);
    await expect(start()).rejects.toMatchObject({ code: 'NODE_API_CLIENT_CA' });
  });

  it('an emptied CA file leaves the old CA in use, and says why once', async () => {
    const [ca, other] = await Promise.all([createCa(), createCa()]);
    await writeFile(paths.ca, ca.certificatePem);
    const records: string[] = [];
    await using test = await start(records);
    const [boss, stranger] = await Promise.all([ca.issue('boss', 'system:masters'), other.issue('boss', 'system:masters')]);
    await writeFile(paths.ca, '');
    await vi.waitFor(() => expect(records.join('\n')).toContain('holds no certificate in PEM'), PATIENCE);
    expect(await status(test, boss)).toBe(200);
    // A certificate that nobody trusts is 401 and not anonymous.
    expect(await status(test, stranger)).toBe(401);
    expect(await status(test)).toBe(200);
  });

  it('a broken token file keeps no CA back, and a missing CA file keeps no revoked token alive', async () => {
    const [before, after] = await Promise.all([createCa(), createCa()]);
    await writeFile(paths.ca, before.certificatePem);
    await using test = await start();
    const boss = await after.issue('boss', 'system:masters');
    expect([await status(test, boss), await status(test, bearer)]).toEqual([401, 200]);
    await writeFile(paths.tokens, 'short,x,y\n');
    await writeFile(paths.ca, after.certificatePem);
    await vi.waitFor(async () => expect(await status(test, boss)).toBe(200), PATIENCE);
    expect(await status(test, bearer)).toBe(200);
    await rm(paths.ca);
    await writeFile(paths.tokens, '');
    await vi.waitFor(async () => expect(await status(test, bearer)).toBe(401), PATIENCE);
    expect(await status(test, boss)).toBe(200);
  });

  it('a connection that a removed CA vouched for ends with the swap, others stay', async () => {
    const [before, after] = await Promise.all([createCa(), createCa()]);
    await writeFile(paths.ca, before.certificatePem);
    await using test = await start();
    const boss = await before.issue('boss', 'system:masters');
    const where = { host: '127.0.0.1', port: test.api.listeners.tls?.port ?? 0, rejectUnauthorized: false };
    const [certified, plain] = [connect({ ...where, ...boss }), connect(where)];
    for (const socket of [certified, plain]) socket.on('error', () => {});
    const answered = Promise.all([once(certified, 'data'), once(plain, 'data')]);
    for (const socket of [certified, plain]) socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await answered;
    const closed = once(certified, 'close');
    await writeFile(paths.ca, after.certificatePem);
    await closed;
    expect(plain.destroyed).toBe(false);
    plain.destroy();
  });
});

it('a request without TLS on the TLS port is answered as by Go', async () => {
  await using test = await startApi({ port: 0 });
  const text = await exchangeRaw({ port: test.api.listeners.tls?.port ?? 0 }, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(text).toBe('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n');
});

it('an offer of HTTP/2 without TLS is passed over', async () => {
  await using test = await startApi({ readOnlyPort: 0 });
  const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' };
  const port = test.api.listeners.readOnly?.port ?? 0;
  expect(await ask({ port, path: '/healthz', headers })).toMatchObject({ status: 200, body: 'ok' });
  expect(await ask({ port, path: '/nothing', headers })).toMatchObject({ status: 404 });
});
