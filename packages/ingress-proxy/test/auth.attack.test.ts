import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import type { Ingress } from '@solo-kubelet/object-spec';
import { describe, expect, it } from 'vitest';
import { matchRoute } from '../src/index.js';
import { opensslPair } from './openssl-pair.js';
import { ask, computeOf, installedProxies, startBackend, startProxy } from './started-proxy.js';

const guarded = { 'nginx.ingress.kubernetes.io/auth-url': 'http://sso.shop.svc.cluster.local/auth' };
const ingress = (name: string, hosts: readonly string[], path: string, annotations: Record<string, string> = {}, tls = false): Ingress => ({
  metadata: { name, namespace: 'shop', annotations },
  spec: {
    ...(tls && { tls: [{ hosts: [...hosts] }] }),
    rules: hosts.map((host) => ({
      host,
      http: { paths: [{ path, pathType: 'Prefix' as const, backend: { service: { name: 'web', port: { number: 80 } } } }] },
    })),
  },
});

/** The answer to a text, until the connection ends. */
const raw = (port: number, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    socket.setEncoding('latin1').setTimeout(20_000, () => socket.destroy());
    socket.on('data', (more: string) => {
      said += more;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(said));
  });

describe.each(installedProxies)('auth-url in %s', { timeout: 120_000 }, (proxyName) => {
  it('is passed by no spelling, method, version or name that does not lead elsewhere', async () => {
    await using web = await startBackend('web');
    await using sso = await startBackend('sso', (_, response) => response.writeHead(401).end());
    await using proxy = await startProxy(opensslPair, { proxy: proxyName });
    const { table } = computeOf({
      ingresses: [
        ingress('admin', ['a.example'], '/admin', guarded, true),
        ingress('rest', ['a.example', 'open.example'], '/', {}, true),
        ingress('all', ['closed.example'], '/', guarded, true),
      ],
      servers: { web: [web.port], sso: [sso.port] },
      proxy: proxyName,
    });
    expect(await proxy.apply(table)).toMatchObject({ type: 'applied' });
    /** What the model says of a host and a path: 401 where it is guarded. */
    const expected = (host: string, path: string): number => {
      const match = matchRoute(table, host, path);
      if (match.type !== 'backend') return match.type === 'refused' ? 400 : 404;
      return match.route.auth === undefined ? 200 : 401;
    };
    const paths = [
      ...['/admin', '/admin/', '//admin', '///admin//x', '/%61dmin', '/%61%64%6d%69%6e/x', '/admin%2Fx', '/admin%2fx', '/%2fadmin'],
      ...[
        '/./admin',
        '/x/../admin',
        '/%2e/admin',
        '/x/%2e%2e/admin',
        '/x%2f..%2fadmin',
        '/x/..;/admin',
        '/x\\..\\admin',
        '/x%5c..%5cadmin',
      ],
      ...['/ADMIN', '/admin;x=1', '/administrator', '/x?/../admin', '/?x=/admin', '/admin?x=1', '/admin%3fx', '/admin%20', '/%2561dmin'],
    ];
    const statusOf = (text: string): number => Number(/^HTTP\/1.[01] (\d{3})/.exec(text)?.[1] ?? 0);
    for (const path of paths) {
      const [compared = ''] = path.split('?');
      const answer = await raw(proxy.httpPort, `GET ${path} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n`);
      expect(statusOf(answer), path).toBe(expected('a.example', compared));
    }
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND', 'CONNECT', 'GETX'])
      for (const [target, host] of [
        ['/admin', 'a.example'],
        ['/', 'closed.example'],
        ['*', 'closed.example'],
        ['closed.example:80', 'closed.example:80'],
      ])
        for (const version of ['1.0', '1.1']) {
          const text = `${method} ${target} HTTP/${version}\r\nHost: ${host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
          expect(statusOf(await raw(proxy.httpPort, text)), text).toBeGreaterThanOrEqual(400);
        }
    // One request that names two hosts, in whatever way, and one that hides behind another.
    for (const text of [
      'GET http://closed.example/ HTTP/1.1\r\nHost: closed.example',
      'GET http://closed.example/ HTTP/1.1\r\nHost: open.example',
      'GET http://a.example/admin HTTP/1.1\r\nHost: a.example',
      'GET / HTTP/1.1\r\nHost: closed.example\r\nHost: open.example',
      'GET / HTTP/1.1\r\nHost: open.example\r\nHost: closed.example',
      'GET / HTTP/1.1\r\nHost: closed.example.',
      'GET / HTTP/1.1\r\nHost: CLOSED.example:443',
      'GET / HTTP/1.1\r\nHost : open.example\r\nHost: closed.example',
      'GET / HTTP/1.1\r\n Host: open.example\r\nHost: closed.example',
      'GET / HTTP/1.1\r\nHost: closed.example\r\nX-Forwarded-Host: open.example\r\nX-Original-URL: /\r\nX-Rewrite-URL: /open',
    ])
      expect(statusOf(await raw(proxy.httpPort, `${text}\r\nConnection: close\r\n\r\n`)), text).toBeGreaterThanOrEqual(400);
    const second = 'GET /admin HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n';
    const both = await raw(proxy.httpPort, `GET /open HTTP/1.1\r\nHost: a.example\r\n\r\n${second}`);
    expect(both.match(/HTTP\/1.1 \d{3}/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 401']);
    // A certificate is no leave: what counts is the host that is asked for.
    const overTls = (name: string, headers: Record<string, string>) =>
      new Promise<unknown>((resolve, reject) => {
        const session = connectHttp2(`https://127.0.0.1:${proxy.httpsPort}`, { servername: name, rejectUnauthorized: false });
        const ended = (status: unknown): void => {
          session.destroy();
          resolve(status);
        };
        session.on('error', reject);
        const stream = session.request({ ':path': '/', ':scheme': 'https', ...headers });
        stream.on('response', (answer) => ended(answer[':status']));
        stream.on('error', () => ended('reset'));
      });
    expect(await overTls('open.example', { ':authority': 'open.example' })).toBe(200);
    const requests: readonly Record<string, string>[] = [
      { ':authority': 'closed.example' },
      { ':authority': 'closed.example', host: 'open.example' },
      { ':authority': 'a.example', ':path': '/admin' },
      { ':authority': 'a.example', ':path': '//%61dmin' },
      { ':authority': 'closed.example', ':method': 'CONNECTX' },
    ];
    for (const headers of requests)
      expect([400, 401, 405, 421, 'reset'], JSON.stringify(headers)).toContain(await overTls('open.example', headers));
    expect((await ask(proxy.httpsPort, 'closed.example', '/', { tls: true })).status).toBe(401);
  });

  it('the way to the sign-in page leads to no other host; whatever the server that is asked says but 2xx lets nobody pass', async () => {
    await using web = await startBackend('web');
    let answer: (request: IncomingMessage) => string = () => '';
    await using sso = await startBackend('sso', (incoming, response) => {
      const text = answer(incoming);
      if (text !== '') response.socket?.write(text);
      response.socket?.destroySoon();
    });
    await using proxy = await startProxy(opensslPair, { proxy: proxyName });
    const signin = { 'nginx.ingress.kubernetes.io/auth-signin': 'https://$host/oauth2/start?rd=$escaped_request_uri' };
    const bare = { 'nginx.ingress.kubernetes.io/auth-signin': 'https://sso.example$request_uri' };
    const { table } = computeOf({
      ingresses: [ingress('a', ['a.example'], '/', { ...guarded, ...signin }), ingress('b', ['b.example'], '/', { ...guarded, ...bare })],
      servers: { web: [web.port], sso: [sso.port] },
      proxy: proxyName,
    });
    expect(await proxy.apply(table)).toMatchObject({ type: 'applied' });
    answer = () => 'HTTP/1.1 401 X\r\ncontent-length: 0\r\n\r\n';
    for (const path of [
      '/',
      '//evil.example/',
      '/@evil.example',
      '/?rd=https://evil.example',
      '/%0d%0aSet-Cookie:x',
      '/\\evil.example',
      '/&rd=x',
    ]) {
      for (const [host, origin] of [
        ['a.example', 'https://a.example'],
        ['b.example', 'https://sso.example'],
      ] as const) {
        const text = await raw(proxy.httpPort, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
        expect(text, path).toMatch(/^HTTP\/1.1 302 /);
        expect(text, path).not.toMatch(/^set-cookie/im);
        const place = new URL(/^location: (.*)\r$/im.exec(text)?.[1] ?? '');
        expect(place.origin, path).toBe(origin);
        if (host === 'a.example') expect(place.searchParams.getAll('rd'), path).toEqual([path]);
      }
    }
    for (const said of [
      '',
      'garbage\r\n\r\n',
      'HTTP/1.1 200',
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.1 302 X\r\nlocation: /\r\ncontent-length: 0\r\n\r\n',
      'HTTP/1.1 304 X\r\n\r\n',
      'HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n',
      'HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n',
      `HTTP/1.1 200 X\r\n${'x-a: b\r\n'.repeat(5_000)}\r\n`,
    ]) {
      answer = () => said;
      expect((await ask(proxy.httpPort, 'a.example', '/')).status, said.slice(0, 60)).toBe(500);
    }
    answer = () => 'HTTP/1.1 200 X\r\ncontent-length: 0\r\n\r\n';
    expect((await ask(proxy.httpPort, 'a.example', '/')).status).toBe(200);
  });
});
