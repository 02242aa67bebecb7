import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { computeWorld, gateway, httpRoute } from './gateway-objects.js';
import { opensslPair } from './openssl-pair.js';
import { ask, freePorts, installedProxies, startBackend, startProxy, tableOf } from './started-proxy.js';

const post = (port: number, path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method: 'POST', headers: { host: 'a.example' }, agent: false }, (incoming) => {
      incoming.resume().on('end', () => resolve(incoming.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end('x');
  });

const HANDSHAKE = { connection: 'upgrade', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };

describe.each(installedProxies)('%s', { timeout: 180_000 }, (proxyName) => {
  it('a request that ends badly at every server takes none from the others, and one that changes something is sent once', async () => {
    let posts = 0;
    const start = (name: string) =>
      startBackend(name, (incoming, response) => {
        if (incoming.method === 'POST') posts += 1;
        if (incoming.url === '/bad') incoming.socket.destroy();
        else response.end(name);
      });
    await using a = await start('a');
    await using b = await start('b');
    await using proxy = await startProxy(opensslPair, { proxy: proxyName });
    const backend = { service: { name: 'web', port: { number: 80 } } };
    const rules = [{ host: 'a.example', http: { paths: [{ path: '/', pathType: 'Prefix' as const, backend }] } }];
    const ingresses = [{ metadata: { name: 'web', namespace: 'shop' }, spec: { rules } }];
    expect(await proxy.apply(tableOf({ ingresses, servers: { web: [a.port, b.port] } }))).toMatchObject({ type: 'applied' });
    expect(await post(proxy.httpPort, '/bad')).toBe(502);
    expect(posts).toBe(1);
    for (let i = 0; i < 3; i += 1) {
      expect((await ask(proxy.httpPort, 'a.example', '/bad')).status).toBe(502);
      const after = await Promise.all([1, 2, 3, 4].map(() => ask(proxy.httpPort, 'a.example', '/good')));
      expect(after.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    }
  });

  it('a rule gives a silent server no longer for a client that asks for an upgrade', async () => {
    const [port] = await freePorts();
    await using slow = await startBackend('slow', () => {});
    slow.server.on('upgrade', (_, socket) =>
      socket
        .resume()
        .on('error', () => {})
        .on('end', () => socket.end()),
    );
    await using proxy = await startProxy(() => Promise.reject(new Error('unreachable: no certificate is asked for')), { proxy: proxyName });
    const { table } = computeWorld({
      proxy: proxyName,
      gateways: [gateway([{ name: 'http', port, protocol: 'HTTP' }])],
      servers: { slow: [slow.port] },
      routes: [httpRoute({ rules: [{ timeouts: { request: '300ms' }, backendRefs: [{ name: 'slow', port: 80 }] }] })],
    });
    expect(await proxy.apply(table)).toMatchObject({ type: 'applied' });
    for (const upgrade of ['x', 'websocket', 'SPDY/3.1', 'h2c'])
      expect((await ask(port, 'x', '/', { headers: { ...HANDSHAKE, upgrade } })).status, upgrade).toBe(504);
  });
});
