import { createHash, X509Certificate } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { Agent, request, type Server } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Ingress, IngressSpec } from '@solo-kubelet/object-spec';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type CertificatePair, matchRoute } from '../src/index.js';
import { opensslPair } from './openssl-pair.js';
import { ask, installedProxies, SOON, serversChange, startBackend, startProxy, tableOf } from './started-proxy.js';

const ingress = (spec: IngressSpec, annotations: Record<string, string> = {}, name = 'web'): Ingress => ({
  metadata: { name, namespace: 'shop', annotations },
  spec,
});
const to = (name: string) => ({ service: { name, port: { number: 80 } } });
const path = (text: string, name: string, pathType: 'Exact' | 'Prefix' = 'Prefix') => ({ path: text, pathType, backend: to(name) });
const host = (name: string, ...paths: ReturnType<typeof path>[]) => ({ host: name, http: { paths } });

const HANDSHAKE =
  'GET /ws HTTP/1.1\r\nhost: foo.com\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** Says whatever comes over a WebSocket back, without a look at frames. */
const echoUpgrades = (server: Server): void => {
  server.on('upgrade', (incoming, socket) => {
    const accept = createHash('sha1')
      .update(`${incoming.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    );
    socket.on('data', (data: Buffer) => socket.write(data));
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
  });
};
const nameIn = (body: string): unknown => (JSON.parse(body) as { name: unknown }).name;

describe.each(installedProxies)('%s', { timeout: 180_000 }, (proxyName) => {
  it('runs while there is something to serve, and sends requests where the table says', async () => {
    await using a = await startBackend('a');
    await using b = await startBackend('b');
    await using proxy = await startProxy(opensslPair, { proxy: proxyName });
    expect(await proxy.apply(tableOf({ ingresses: [], servers: {} }))).toEqual({ type: 'stopped' });
    const table = tableOf({
      ingresses: [
        ingress({
          defaultBackend: to('b'),
          rules: [
            host(
              'foo.com',
              path('/foo', 'a'),
              path('/foo/bar', 'b'),
              path('/exact', 'b', 'Exact'),
              path('/caf%C3%A9', 'a'),
              path('/', 'a'),
            ),
            host('*.wild.com', path('/', 'b'), path('/a', 'a')),
            host('only.com', path('/a', 'a')),
          ],
        }),
      ],
      servers: { a: [a.port], b: [b.port] },
    });
    expect(await proxy.apply(table)).toMatchObject({ type: 'applied', how: 'started', http: true, https: false });
    expect(nameIn((await ask(proxy.httpPort, 'FOO.com:80', '/foo/x?y=1')).body)).toBe('a');
    const echoed = JSON.parse((await ask(proxy.httpPort, 'foo.com', '/foo?q=%20', { headers: { 'x-forwarded-for': '6.6.6.6' } })).body);
    expect(echoed).toMatchObject({
      url: '/foo?q=%20',
      headers: { host: 'foo.com', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'foo.com' },
    });
    // The proxy agrees with the model, whatever is asked for.
    const segment = fc.constantFrom(
      'foo',
      'FOO',
      'foobar',
      'bar',
      'exact',
      'a',
      '',
      '.',
      '..',
      '%2e',
      '..;x',
      '%2e%2e%3Bx=1',
      'foo%5c..%5cbar',
      'foo;x',
      '%66oo',
      'caf%C3%A9',
      'x%2fy',
      'x+y',
    );
    const paths = fc
      .tuple(fc.array(segment, { maxLength: 4 }), fc.constantFrom('', '/', '?a=/../b'))
      .map(([parts, end]) => `/${parts.join('/')}${end}`);
    const hosts = fc.constantFrom(
      'foo.com',
      'Foo.Com',
      'foo.com.',
      'x.wild.com',
      'a.b.wild.com',
      'wild.com',
      'only.com',
      'other.org',
      'foo.com:81',
      // As a key of a table it would be a host and a path.
      'foo.com/foo',
      'foo.com/foo/bar',
      'foo.com:81/foo',
      'foo.com|x',
      'other.org,foo.com',
      'foo.com:x@other.org',
      '[::1]:80',
    );
    await fc.assert(
      fc.asyncProperty(hosts, paths, async (name, requested) => {
        const match = matchRoute(table, name, requested.split('?')[0] ?? '');
        const reply = await ask(proxy.httpPort, name, requested);
        const expected = match.type === 'backend' ? match.backend : match.type === 'refused' ? 400 : 404;
        expect(reply.status === 200 ? `shop_${nameIn(reply.body)}_80` : reply.status).toBe(expected);
      }),
      { numRuns: 150 },
    );
    expect(await proxy.apply(tableOf({ ingresses: [], servers: {} }))).toEqual({ type: 'stopped' });
    await expect(ask(proxy.httpPort, 'foo.com', '/')).rejects.toThrow();
  });

  it('servers come and go, by the runtime socket where there is one, and no request fails', async () => {
    await using a = await startBackend('a');
    await using b = await startBackend('b');
    await using c = await startBackend('c');
    await using proxy = await startProxy(opensslPair, { proxy: proxyName });
    const ingresses = [ingress({ rules: [host('foo.com', path('/', 'web'))] })];
    const started = await proxy.apply(tableOf({ ingresses, servers: { web: [a.port] } }));
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const failures: unknown[] = [];
    let answered = 0;
    let stop = false;
    const client = async (): Promise<void> => {
      while (!stop) {
        await new Promise<void>((resolve) => {
          const sent = request({ host: '127.0.0.1', port: proxy.httpPort, headers: { host: 'foo.com' }, agent }, (incoming) => {
            if (incoming.statusCode !== 200) failures.push(incoming.statusCode);
            incoming.resume();
            incoming.on('end', () => {
              answered += 1;
              resolve();
            });
          });
          sent.on('error', (error: NodeJS.ErrnoException) => {
            // A worker of nginx that leaves closes connections that wait for a request: clients ask again, as browsers do.
            if (proxyName === 'haproxy' || !sent.reusedSocket || error.code !== 'ECONNRESET') failures.push(error);
            resolve();
          });
          sent.end();
        });
      }
    };
    const withoutReuse = async (): Promise<void> => {
      while (!stop)
        await ask(proxy.httpPort, 'foo.com', '/').then(
          ({ status }) => status === 200 || failures.push(status),
          (error: unknown) => failures.push(error),
        );
    };
    const clients = [client(), client(), client(), withoutReuse(), withoutReuse()];
    const sets = [[b.port], [a.port, b.port, c.port], [c.port], [a.port, c.port], [a.port]];
    for (let round = 0; round < 20; round += 1) {
      const applied = await proxy.apply(tableOf({ ingresses, servers: { web: sets[round % sets.length] ?? [] } }));
      expect(applied).toMatchObject({ type: 'applied', how: serversChange(proxyName) });
    }
    stop = true;
    await Promise.all(clients);
    agent.destroy();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(20);
    expect(nameIn((await ask(proxy.httpPort, 'foo.com', '/')).body)).toBe('a');
    expect(await proxy.apply(tableOf({ ingresses, servers: { web: [] } }))).toMatchObject({ how: serversChange(proxyName) });
    expect((await ask(proxy.httpPort, 'foo.com', '/')).status).toBe(503);
    expect(
      proxy.reports
        .filter(({ type }) => type === 'applied')
        .every((report) => 'pid' in report && 'pid' in started && report.pid === started.pid),
    ).toBe(true);
  });

  it('a change of routes loses no request and closes no WebSocket', async () => {
    await using web = await startBackend('web');
    echoUpgrades(web.server);
    await using proxy = await startProxy(opensslPair, { proxy: proxyName });
    const world = (extra: number) =>
      tableOf({
        ingresses: [
          ingress({
            rules: [host('foo.com', path('/', 'web')), ...Array.from({ length: extra }, (_, n) => host(`h${n}.com`, path('/', 'web')))],
          }),
        ],
        servers: { web: [web.port] },
      });
    await proxy.apply(world(0));
    const socket = connect(proxy.httpPort, '127.0.0.1');
    let said = '';
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      said += text;
    });
    socket.write(HANDSHAKE);
    await vi.waitFor(() => expect(said).toContain('101 Switching'), SOON);
    let stop = false;
    const failures: unknown[] = [];
    const client = async (): Promise<void> => {
      while (!stop)
        await ask(proxy.httpPort, 'foo.com', '/').then(
          ({ status }) => status === 200 || failures.push(status),
          (error: unknown) => failures.push(error),
        );
    };
    const clients = [client(), client()];
    for (const extra of [1, 2, 3]) expect(await proxy.apply(world(extra))).toMatchObject({ how: 'reloaded' });
    stop = true;
    await Promise.all(clients);
    expect(failures).toEqual([]);
    expect((await ask(proxy.httpPort, 'h2.com', '/')).status).toBe(200);
    socket.write('still here');
    await vi.waitFor(() => expect(said).toContain('still here'), SOON);
    socket.destroy();
    expect((await readdir(proxy.directory)).filter((name) => name.startsWith('generation-'))).toHaveLength(1);
  });

  it('serves certificates of Secrets and of its own, HTTP/2, and sends to HTTPS where that is asked for', async () => {
    await using web = await startBackend('web');
    await using proxy = await startProxy(opensslPair, { proxy: proxyName });
    const given = await opensslPair(['shop.example', '*.shop.example']);
    const secret = (pair: CertificatePair) => ({
      metadata: { name: 'cert', namespace: 'shop' },
      type: 'kubernetes.io/tls',
      stringData: { 'tls.crt': pair.certificatePem, 'tls.key': pair.keyPem },
    });
    const ingresses = [
      ingress(
        {
          tls: [
            { secretName: 'cert', hosts: ['shop.example', '*.shop.example'] },
            { secretName: 'missing', hosts: ['other.example'] },
          ],
          rules: [
            host('shop.example', path('/', 'web')),
            host('*.shop.example', path('/', 'web')),
            host('other.example', path('/', 'web')),
          ],
        },
        { 'nginx.ingress.kubernetes.io/ssl-redirect': 'true' },
      ),
    ];
    expect(await proxy.apply(tableOf({ ingresses, servers: { web: [web.port] }, secrets: [secret(given)] }))).toMatchObject({
      how: 'started',
      https: true,
    });
    const shown = async (name: string) => (await ask(proxy.httpsPort, name, '/', { tls: true })).certificate;
    expect(await shown('shop.example')).toBe('DNS:shop.example, DNS:*.shop.example');
    expect(await shown('x.shop.example')).toBe('DNS:shop.example, DNS:*.shop.example');
    expect(await shown('other.example')).toBe('DNS:other.example');
    expect(await shown('unknown.example')).toBe('DNS:ingress.local');
    expect(JSON.parse((await ask(proxy.httpsPort, 'shop.example', '/', { tls: true })).body)).toMatchObject({
      headers: { 'x-forwarded-proto': 'https' },
    });
    expect(await ask(proxy.httpPort, 'shop.example', '/a?b=c')).toMatchObject({
      status: 308,
      headers: { location: 'https://shop.example/a?b=c' },
    });
    const session = connectHttp2(`https://127.0.0.1:${proxy.httpsPort}`, { servername: 'shop.example', rejectUnauthorized: false });
    const status = await new Promise((resolve, reject) => {
      session.on('error', reject);
      const stream = session.request({ ':path': '/', ':authority': 'shop.example' });
      stream.on('response', (headers) => resolve(headers[':status']));
      stream.on('error', reject);
    });
    session.close();
    expect(status).toBe(200);
    // A renewed one takes over without a new start.
    const renewed = await opensslPair(['shop.example']);
    expect(await proxy.apply(tableOf({ ingresses, servers: { web: [web.port] }, secrets: [secret(renewed)] }))).toMatchObject({
      how: 'reloaded',
    });
    expect(await shown('shop.example')).toBe('DNS:shop.example');
    const peer = await new Promise<X509Certificate | undefined>((resolve, reject) => {
      const socket = connectTls({ host: '127.0.0.1', port: proxy.httpsPort, servername: 'shop.example', rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate());
        socket.destroy();
      });
      socket.on('error', reject);
    });
    expect(peer?.fingerprint256).toBe(new X509Certificate(renewed.certificatePem).fingerprint256);
  });

  it('asks another server for leave, as oauth2-proxy has it', async () => {
    await using web = await startBackend('web');
    const seen: unknown[] = [];
    await using sso = await startBackend('sso', (incoming, response) => {
      seen.push({
        url: incoming.url,
        host: incoming.headers.host,
        original: incoming.headers['x-original-url'],
        body: incoming.headers['content-length'],
      });
      if (incoming.headers.cookie === 'session=good')
        response.writeHead(202, { 'x-auth-request-user': 'ada', 'set-cookie': ['session=renewed', 'b=2'] });
      else if (incoming.headers.cookie === 'session=forbidden') response.writeHead(403);
      else if (incoming.headers.cookie === 'session=broken') response.writeHead(502);
      else response.writeHead(401);
      response.end();
    });
    await using proxy = await startProxy(opensslPair, { proxy: proxyName });
    const rules = [host('cnc.example', path('/', 'web'))];
    const signin = { 'nginx.ingress.kubernetes.io/auth-signin': 'https://$host/oauth2/start?rd=$escaped_request_uri' };
    const auth = (more: Record<string, string> = {}) => ({
      'nginx.ingress.kubernetes.io/auth-url': 'http://sso.shop.svc.cluster.local/oauth2/auth',
      'nginx.ingress.kubernetes.io/auth-response-headers': 'X-Auth-Request-User',
      ...more,
    });
    const ingresses = [
      ingress({ rules }, auth(signin)),
      ingress({ rules: [host('plain.example', path('/', 'web'))] }, auth(), 'plain'),
      ingress({ rules: [host('open.example', path('/', 'web'))] }, {}, 'open'),
      ingress(
        { rules: [host('direct.example', path('/', 'web'))] },
        auth({ 'nginx.ingress.kubernetes.io/auth-url': `http://127.0.0.1:${sso.port}/oauth2/auth` }),
        'direct',
      ),
    ];
    expect(await proxy.apply(tableOf({ ingresses, servers: { web: [web.port], sso: [sso.port] } }))).toMatchObject({ how: 'started' });
    for (const name of ['cnc.example', 'direct.example']) {
      const passed = await ask(proxy.httpPort, name, '/spindle?x=1', {
        headers: { cookie: 'session=good', 'x-auth-request-user': 'mallory', 'X_Auth-Request_User': 'mallory' },
      });
      expect(passed.body).not.toContain('mallory');
      expect(passed.status).toBe(200);
      expect(JSON.parse(passed.body)).toMatchObject({ name: 'web', headers: { 'x-auth-request-user': 'ada' } });
      expect(passed.headers['set-cookie']).toEqual(proxyName === 'haproxy' ? ['session=renewed', 'b=2'] : ['session=renewed']);
    }
    expect(seen[0]).toEqual({
      url: '/oauth2/auth',
      host: 'sso.shop.svc.cluster.local',
      original: 'http://cnc.example/spindle?x=1',
      body: undefined,
    });
    const sent = await ask(proxy.httpPort, 'cnc.example', '/a b'.replace(' ', '%20'));
    expect(sent.status).toBe(302);
    const place = new URL(sent.headers.location ?? '');
    expect(`${place.origin}${place.pathname} ${place.searchParams.get('rd')}`).toBe('https://cnc.example/oauth2/start /a%20b');
    const queried = await ask(proxy.httpPort, 'cnc.example', '/job?a=1&b=%26;c+d');
    expect(new URL(queried.headers.location ?? '').searchParams.get('rd')).toBe('/job?a=1&b=%26;c+d');
    expect((await ask(proxy.httpPort, 'plain.example', '/')).status).toBe(401);
    expect((await ask(proxy.httpPort, 'cnc.example', '/', { headers: { cookie: 'session=forbidden' } })).status).toBe(403);
    expect((await ask(proxy.httpPort, 'cnc.example', '/', { headers: { cookie: 'session=broken' } })).status).toBe(500);
    const open = JSON.parse(
      (await ask(proxy.httpPort, 'open.example', '/', { headers: { 'x-solo-kubelet-backend': 'shop_sso_80' } })).body,
    );
    expect(open).toMatchObject({ name: 'web' });
    // Nobody who decides: nobody passes.
    expect(await proxy.apply(tableOf({ ingresses, servers: { web: [web.port], sso: [] } }))).toMatchObject({
      how: serversChange(proxyName),
    });
    expect((await ask(proxy.httpPort, 'cnc.example', '/', { headers: { cookie: 'session=good' } })).status).toBe(500);
  });

  it('a long response goes through as it comes', async () => {
    let more = (): void => {};
    await using camera = await startBackend('camera', (_, response) => {
      response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
      response.write('frame 1');
      more = () => response.end('frame 2');
    });
    await using proxy = await startProxy(opensslPair, { proxy: proxyName });
    await proxy.apply(
      tableOf({ ingresses: [ingress({ rules: [host('cam.example', path('/', 'camera'))] })], servers: { camera: [camera.port] } }),
    );
    let body = '';
    const ended = new Promise<void>((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: proxy.httpPort, headers: { host: 'cam.example' }, agent: false }, (incoming) => {
        incoming.on('data', (data: Buffer) => {
          body += data.toString();
        });
        incoming.on('end', resolve);
        incoming.on('error', reject);
      });
      sent.on('error', reject);
      sent.end();
    });
    await vi.waitFor(() => expect(body).toBe('frame 1'), SOON);
    more();
    await ended;
    expect(body).toBe('frame 1frame 2');
  });

  it('names the holder of a taken port, and takes the port when it is free', async () => {
    await using web = await startBackend('web');
    await using proxy = await startProxy(opensslPair, { proxy: proxyName });
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(proxy.httpPort, '127.0.0.1', resolve));
    proxy.want(tableOf({ ingresses: [ingress({ rules: [host('foo.com', path('/', 'web'))] })], servers: { web: [web.port] } }));
    await vi.waitFor(
      () =>
        expect(proxy.reports).toContainEqual(
          expect.objectContaining({ type: 'portTaken', port: proxy.httpPort, holder: expect.stringContaining(`(pid ${process.pid})`) }),
        ),
      SOON,
    );
    await new Promise((resolve) => holder.close(resolve));
    await vi.waitFor(() => expect(proxy.reports).toContainEqual(expect.objectContaining({ type: 'applied', how: 'started' })), SOON);
    expect((await ask(proxy.httpPort, 'foo.com', '/')).status).toBe(200);
  });

  it('starts anew when it was killed', async () => {
    await using web = await startBackend('web');
    await using proxy = await startProxy(opensslPair, { proxy: proxyName });
    const started = await proxy.apply(
      tableOf({ ingresses: [ingress({ rules: [host('foo.com', path('/', 'web'))] })], servers: { web: [web.port] } }),
    );
    if (started.type !== 'applied') throw new Error(JSON.stringify(started));
    process.kill(-started.pid, 'SIGKILL');
    await vi.waitFor(() => expect(proxy.reports.filter(({ type }) => type === 'applied')).toHaveLength(2), SOON);
    expect((await ask(proxy.httpPort, 'foo.com', '/')).status).toBe(200);
  });

  it('a proxy that is kept serves while nobody drives it, and is taken over with its connections', async () => {
    await using a = await startBackend('a');
    await using b = await startBackend('b');
    echoUpgrades(a.server);
    const ingresses = [ingress({ rules: [host('foo.com', path('/', 'web'))] })];
    await using first = await startProxy(opensslPair, { proxy: proxyName, keep: true });
    const started = await first.apply(tableOf({ ingresses, servers: { web: [a.port] } }));
    if (started.type !== 'applied') throw new Error(JSON.stringify(started));
    const { pid } = started;
    const socket = connect(first.httpPort, '127.0.0.1');
    let said = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      said += text;
    });
    socket.write(HANDSHAKE);
    await vi.waitFor(() => expect(said).toContain('101 Switching'), SOON);
    first.leave();
    expect(nameIn((await ask(first.httpPort, 'foo.com', '/')).body)).toBe('a');
    const second = await startProxy(opensslPair, { proxy: proxyName, keep: true, earlier: first });
    // The servers changed meanwhile: no new worker for that in haproxy.
    expect(await second.apply(tableOf({ ingresses, servers: { web: [b.port] } }))).toMatchObject({
      how: proxyName === 'haproxy' ? 'adopted' : 'reloaded',
      pid,
    });
    expect(nameIn((await ask(first.httpPort, 'foo.com', '/')).body)).toBe('b');
    second.leave();
    const third = await startProxy(opensslPair, { proxy: proxyName, keep: true, earlier: first });
    const more = [...ingresses, ingress({ rules: [host('bar.com', path('/', 'web'))] }, {}, 'bar')];
    expect(await third.apply(tableOf({ ingresses: more, servers: { web: [b.port] } }))).toMatchObject({ how: 'reloaded', pid });
    expect(nameIn((await ask(first.httpPort, 'bar.com', '/')).body)).toBe('b');
    socket.write('still here');
    await vi.waitFor(() => expect(said).toContain('still here'), SOON);
    socket.destroy();
    // One that was taken over is seen to end, too.
    process.kill(-pid, 'SIGKILL');
    await vi.waitFor(() => expect(third.reports.at(-1)).toMatchObject({ type: 'applied', how: 'started' }), SOON);
    third.leave();
  });

  it('workers that are nobody of importance ask for leave and change their servers', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('only root becomes somebody else');
    await using web = await startBackend('web');
    await using sso = await startBackend('sso');
    await using proxy = await startProxy(opensslPair, { proxy: proxyName, runAs: { user: 'nobody', group: 'nogroup' } });
    const auth = { 'nginx.ingress.kubernetes.io/auth-url': 'http://sso.shop.svc.cluster.local/auth' };
    const ingresses = [ingress({ rules: [host('foo.com', path('/', 'web'))] }, auth)];
    expect(await proxy.apply(tableOf({ ingresses, servers: { web: [], sso: [sso.port] } }))).toMatchObject({ how: 'started' });
    expect(await proxy.apply(tableOf({ ingresses, servers: { web: [web.port], sso: [sso.port] } }))).toMatchObject({
      how: serversChange(proxyName),
    });
    expect((await ask(proxy.httpPort, 'foo.com', '/')).status).toBe(200);
    const more = [...ingresses, ingress({ rules: [host('bar.com', path('/', 'web'))] }, auth, 'bar')];
    const servers = { web: [web.port], sso: [sso.port] };
    expect(await proxy.apply(tableOf({ ingresses: more, servers }))).toMatchObject({ how: 'reloaded' });
    for (const name of ['foo.com', 'bar.com']) expect((await ask(proxy.httpPort, name, '/')).status).toBe(200);
  });
});
