import { createSocket } from 'node:dgram';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { type CertificatePair, findCaBundle, type RouteTable } from '../src/index.js';
import { opensslPair } from './openssl-pair.js';
import { startNginxAlone } from './started-nginx.js';
import { ask, computeOf, installedProxies, startBackend, startProxy } from './started-proxy.js';

const issue = () => Promise.reject(new Error('unreachable: no certificate is asked for'));

/** Nobody else is there. */
const DNS_ADDRESS = '127.77.0.1';

/** A server of DNS that knows every name, as 127.0.0.1. */
const startDns = async (): Promise<AsyncDisposable> => {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const end = query.indexOf(0, 12) + 5;
    const isA = query.readUInt16BE(end - 4) === 1;
    const head = Buffer.from(query.subarray(0, 12));
    head.writeUInt16BE(0x8180, 2);
    head.writeUInt16BE(isA ? 1 : 0, 6);
    head.writeUInt32BE(0, 8);
    const answer = isA ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]) : Buffer.alloc(0);
    socket.send(Buffer.concat([head, query.subarray(12, end), answer]), port, address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.bind(53, DNS_ADDRESS, resolve);
  });
  return { [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.close(() => resolve())) };
};

/** A server of https that lets everybody pass, and notes what names it is asked by. */
const startHttps = async ({ certificatePem, keyPem }: CertificatePair) => {
  const names: (string | false | null | undefined)[] = [];
  const server = createServer(
    { cert: certificatePem, key: keyPem, SNICallback: (_, done) => done(null, createSecureContext({ cert: certificatePem, key: keyPem })) },
    (incoming, response) => {
      names.push((incoming.socket as TLSSocket & { servername?: string | false }).servername);
      response.end();
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    names,
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** Serves a table with our server of DNS. Resolves to the port of HTTP. */
const serve = async (proxyName: 'haproxy' | 'nginx', table: RouteTable, directory: string) => {
  if (proxyName === 'nginx') return startNginxAlone(table, { directory, resolvers: [DNS_ADDRESS] });
  await writeFile(join(directory, 'resolv.conf'), `nameserver ${DNS_ADDRESS}\n`);
  const program = join(directory, 'haproxy');
  const text = `mount --bind '${directory}/resolv.conf' /etc/resolv.conf && exec haproxy "$@"`;
  await writeFile(program, `#!/bin/sh\nexec unshare -m sh -c '${text.replaceAll("'", "'\\''")}' haproxy "$@"\n`, { mode: 0o755 });
  const proxy = await startProxy(issue, { proxy: proxyName, program });
  expect(await proxy.apply(table)).toMatchObject({ type: 'applied' });
  return proxy;
};

it('the bundle is the first file that has certificates', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'bundle-'));
  try {
    const [empty, full] = ['empty.pem', 'full.pem'].map((name) => join(directory, name)) as [string, string];
    await writeFile(empty, '');
    await writeFile(full, (await opensslPair(['ca.test'])).certificatePem);
    expect(await findCaBundle([join(directory, 'missing'), directory, empty, full])).toBe(full);
    expect(await findCaBundle([empty])).toBeUndefined();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

describe.each(installedProxies)('auth-url of https in %s', { timeout: 180_000 }, (proxyName) => {
  it('is asked where its certificate is for its name, and vouched for; all else lets nobody pass', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('only root answers at port 53');
    const directory = await mkdtemp(join(tmpdir(), 'authtls-'));
    try {
      await mkdir(join(directory, 'temporary'));
      const pair = await opensslPair(['sso.test']);
      const caBundle = join(directory, 'ca bundle.pem');
      await writeFile(caBundle, pair.certificatePem);
      await using _ = await startDns();
      await using web = await startBackend('web');
      await using good = await startHttps(pair);
      await using unknown = await startHttps(await opensslPair(['sso.test']));
      const guarded = (host: string, url: string) => ({
        metadata: { name: host, namespace: 'shop', annotations: { 'nginx.ingress.kubernetes.io/auth-url': url } },
        spec: {
          rules: [
            {
              host,
              http: { paths: [{ path: '/', pathType: 'Prefix' as const, backend: { service: { name: 'web', port: { number: 80 } } } }] },
            },
          ],
        },
      });
      const { table, problems } = computeOf({
        ingresses: [
          guarded('good.example', `https://sso.test:${good.port}/auth?x=1`),
          guarded('name.example', `https://other.test:${good.port}/auth?x=1`),
          guarded('unknown.example', `https://sso.test:${unknown.port}/auth?x=1`),
        ],
        servers: { web: [web.port] },
        ...{ caBundle, proxy: proxyName },
      });
      expect(problems).toEqual([]);
      await using proxy = await serve(proxyName, table, directory);
      expect((await ask(proxy.httpPort, 'good.example', '/')).status).toBe(200);
      expect(good.names).toEqual(['sso.test']);
      expect((await ask(proxy.httpPort, 'name.example', '/')).status).toBe(500);
      expect((await ask(proxy.httpPort, 'unknown.example', '/')).status).toBe(500);
      expect(good.names).toEqual(['sso.test']);
      expect(unknown.names).toEqual([]);
    } finally {
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});
