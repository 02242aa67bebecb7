import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { Ingress, IngressSpec } from '@solo-kubelet/object-spec';
import { describe, expect, it } from 'vitest';
import { ask, computeOf, installedProxies, startBackend, startProxy } from './started-proxy.js';

/** Nothing here asks for a certificate of the node. */
const issue = () => Promise.reject(new Error('unreachable: no certificate is asked for'));
const ingress = (spec: IngressSpec, annotations: Record<string, string> = {}, name = 'web'): Ingress => ({
  metadata: { name, namespace: 'shop', annotations },
  spec,
});
const to = (name: string) => ({ service: { name, port: { number: 80 } } });
const path = (text: string, name: string, pathType: 'Exact' | 'Prefix' = 'Prefix') => ({ path: text, pathType, backend: to(name) });
const host = (name: string, ...paths: ReturnType<typeof path>[]) => ({ host: name, http: { paths } });

const AUTH_URL = 'nginx.ingress.kubernetes.io/auth-url';
const guard = (more: Record<string, string> = {}): Record<string, string> => ({
  [AUTH_URL]: 'http://sso.shop.svc.cluster.local/auth',
  ...more,
});
const startSso = () =>
  startBackend('sso', (incoming, response) => {
    response.writeHead(incoming.headers.cookie === 'session=good' ? 200 : 401);
    response.end();
  });

/** The answer to a text, until the connection ends. */
const raw = (port: number, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('latin1').setTimeout(20_000, () => socket.destroy());
    socket.on('data', (more: string) => {
      said += more;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(said));
  });

describe.each(installedProxies)('auth-url in %s', { timeout: 180_000 }, (proxyName) => {
  it('guards defaults as it does rules', async () => {
    await using web = await startBackend('web');
    await using sso = await startSso();
    await using proxy = await startProxy(issue, { proxy: proxyName });
    const ofHost = ingress({ defaultBackend: to('web'), rules: [host('a.example', path('/admin', 'web'))] }, guard());
    const ofAll = ingress({ defaultBackend: to('web') }, guard(), 'all');
    const moved = ingress(
      { defaultBackend: to('web'), rules: [{ host: 'b.example' }] },
      { 'nginx.ingress.kubernetes.io/ssl-redirect': 'true' },
      'moved',
    );
    const { table } = computeOf({
      ...{ ingresses: [ofHost, ofAll, moved], proxy: proxyName },
      servers: { web: [web.port], sso: [sso.port] },
    });
    expect(await proxy.apply(table)).toMatchObject({ type: 'applied' });
    for (const [name, place] of [
      ['a.example', '/admin'],
      ['a.example', '/'],
      ['a.example', '/rest'],
      ['other.example', '/any'],
    ] as const) {
      expect((await ask(proxy.httpPort, name, place)).status, `${name}${place}`).toBe(401);
      expect((await ask(proxy.httpPort, name, place, { headers: { cookie: 'session=good' } })).status, `${name}${place}`).toBe(200);
    }
    expect(await ask(proxy.httpPort, 'b.example', '/x')).toMatchObject({ status: 308, headers: { location: 'https://b.example/x' } });
  });

  it('nobody says himself who he is, to the server that is asked either; what proves it is sent there alone', async () => {
    await using web = await startBackend('web');
    const seen: IncomingHttpHeaders[] = [];
    await using sso = await startBackend('sso', (incoming, response) => {
      seen.push(incoming.headers);
      response.writeHead(200, { 'x-user': 'ada', authorization: 'Bearer ours' });
      response.end();
    });
    await using proxy = await startProxy(issue, { proxy: proxyName });
    const annotations = guard({ 'nginx.ingress.kubernetes.io/auth-response-headers': 'X-User, X-Groups, Authorization, X-Forwarded-For' });
    const { table } = computeOf({
      ...{ ingresses: [ingress({ rules: [host('a.example', path('/', 'web'))] }, annotations)], proxy: proxyName },
      servers: { web: [web.port], sso: [sso.port] },
    });
    expect(await proxy.apply(table)).toMatchObject({ type: 'applied' });
    const claimed = { 'X-USER': 'mallory', x_user: 'mallory', 'x-groups': 'mallory', 'X-Forwarded-For': 'mallory' };
    const reply = await ask(proxy.httpPort, 'a.example', '/', { headers: { ...claimed, authorization: 'Bearer theirs', cookie: 'a=b' } });
    expect(seen).toHaveLength(1);
    expect(JSON.stringify(seen)).not.toContain('mallory');
    expect(seen[0]).toMatchObject({ authorization: 'Bearer theirs', cookie: 'a=b' });
    expect(reply.body).not.toContain('mallory');
    const { headers } = JSON.parse(reply.body) as { headers: IncomingHttpHeaders };
    expect(headers).toMatchObject({ 'x-user': 'ada', authorization: 'Bearer ours', cookie: 'a=b' });
    expect(headers).not.toHaveProperty('x-groups');
  });

  it('lets nobody pass who sends much, and goes on', async () => {
    await using web = await startBackend('web');
    await using sso = await startBackend('sso', (incoming, response) => {
      response.writeHead(incoming.headers.cookie === 'session=good' ? 200 : 401, { 'x-user': 'ada'.repeat(800) });
      response.end();
    });
    await using proxy = await startProxy(issue, { proxy: proxyName });
    const annotations = guard({ 'nginx.ingress.kubernetes.io/auth-response-headers': 'X-User' });
    const { table } = computeOf({
      ...{ ingresses: [ingress({ rules: [host('a.example', path('/', 'web'))] }, annotations)], proxy: proxyName },
      servers: { web: [web.port], sso: [sso.port] },
    });
    expect(await proxy.apply(table)).toMatchObject({ type: 'applied' });
    const statuses = new Set<number>();
    const note = async (place: string, headers: Record<string, string>): Promise<void> => {
      const { status, body } = await ask(proxy.httpPort, 'a.example', place, { headers });
      statuses.add(status);
      expect(body).not.toContain('"web"');
      // Whoever may pass is never let in without his name.
      const passed = await ask(proxy.httpPort, 'a.example', place, { headers: { ...headers, cookie: 'session=good' } });
      if (passed.status === 200) expect(passed.body).toContain('adaada');
    };
    for (let length = 1_000; length <= 16_000; length += 1_000) {
      await note(`/${'x'.repeat(length)}`, {});
      await note('/', { 'x-much': 'x'.repeat(length) });
    }
    for (let count = 10; count <= 100; count += 10)
      await note('/', Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'x'])));
    expect([...statuses].filter((status) => status < 400)).toEqual([]);
    expect([...statuses]).toContain(401);
    expect((await ask(proxy.httpPort, 'a.example', '/', { headers: { cookie: 'session=good' } })).status).toBe(200);
    expect(proxy.reports).toHaveLength(1);
  });

  it('a connection that would become HTTP/2 stays what it is, and goes by no rule', async () => {
    const upgrades: unknown[] = [];
    await using web = await startBackend('web');
    web.server.on('upgrade', (incoming, socket) => {
      upgrades.push(incoming.headers.upgrade);
      socket.end(
        `HTTP/1.1 101 Switching Protocols\r\nupgrade: ${incoming.headers.upgrade}\r\nconnection: Upgrade\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n`,
      );
    });
    await using sso = await startSso();
    await using proxy = await startProxy(issue, { proxy: proxyName });
    const { table } = computeOf({
      ingresses: [
        ingress({ rules: [host('a.example', path('/admin', 'web'))] }, guard()),
        ingress({ rules: [host('a.example', path('/', 'web'))] }, {}, 'open'),
      ],
      servers: { web: [web.port], sso: [sso.port] },
      proxy: proxyName,
    });
    expect(await proxy.apply(table)).toMatchObject({ type: 'applied' });
    const upgrade = (place: string, to: string) => {
      const fields = [
        'host: a.example',
        'connection: Upgrade, HTTP2-Settings, close',
        `upgrade: ${to}`,
        'http2-settings: AAMAAABkAAQAAP__',
      ];
      const websocket = ['sec-websocket-version: 13', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=='];
      return raw(proxy.httpPort, [`GET ${place} HTTP/1.1`, ...fields, ...websocket, '', ''].join('\r\n'));
    };
    for (const to of ['h2c', 'H2C', 'foo, h2c', 'h2c, websocket', 'websocket,h2c']) {
      expect(await upgrade('/', to), to).toMatch(/^HTTP\/1.1 200 /);
      expect(await upgrade('/admin', to), to).toMatch(/^HTTP\/1.1 401 /);
    }
    expect(upgrades).toEqual([]);
    expect(await upgrade('/admin', 'websocket')).toMatch(/^HTTP\/1.1 401 /);
    expect(await upgrade('/', 'websocket')).toMatch(/^HTTP\/1.1 101 /);
    expect(upgrades).toEqual(['websocket']);
  });

  it('servers do not steer the proxy by headers of its own: clients get them', async () => {
    const steering = {
      'x-accel-redirect': '/%20solo_1auth',
      'x-accel-expires': '0',
      'x-accel-limit-rate': '1',
      'x-accel-buffering': 'yes',
      'x-accel-charset': 'koi8-r',
    };
    await using web = await startBackend('web', (_, response) => {
      response.writeHead(200, { ...steering, 'content-type': 'text/plain' });
      response.end('from web'.repeat(1_000));
    });
    const asked: unknown[] = [];
    await using sso = await startBackend('sso', (incoming, response) => {
      asked.push(incoming.url);
      response.writeHead(200, { 'x-accel-redirect': '/open' });
      response.end();
    });
    await using proxy = await startProxy(issue, { proxy: proxyName });
    const { table } = computeOf({
      ingresses: [
        ingress({ rules: [host('a.example', path('/', 'web'))] }, guard()),
        ingress({ rules: [host('a.example', path('/open', 'web'))] }, {}, 'open'),
      ],
      servers: { web: [web.port], sso: [sso.port] },
      proxy: proxyName,
    });
    expect(await proxy.apply(table)).toMatchObject({ type: 'applied' });
    for (const place of ['/open', '/'])
      expect(await ask(proxy.httpPort, 'a.example', place), place).toMatchObject({
        ...{ status: 200, body: 'from web'.repeat(1_000) },
        headers: { ...steering, 'content-type': 'text/plain' },
      });
    expect(asked).toEqual(['/auth']);
  });
});
