import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { Secret } from '@solo-kubelet/object-spec';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { matchListener, matchShared } from '../src/index.js';
import { computeWorld, gateway, httpRoute } from './gateway-objects.js';
import { opensslPair } from './openssl-pair.js';
import { ask, freePorts, installedProxies, SOON, serversChange, startBackend, startProxy, tableOf } from './started-proxy.js';

/** Nothing here asks for a certificate of the node. */
const issue = () => Promise.reject(new Error('unreachable: no certificate is asked for'));
const to = (name: string, more: object = {}) => ({ name, port: 80, ...more });

/** Longer than any limit of haproxy by which a body was waited for once. */
const LATE_MS = 6_500;

interface Sent {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One request with a method. */
const send = (
  port: number,
  host: string,
  path: string,
  method: string,
  headers: Record<string, string>,
  content = '',
): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers: { host, ...headers }, agent: false }, (incoming) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body }));
    });
    sent.on('error', reject);
    sent.end(content);
  });

describe.each(installedProxies)('Gateways in %s', { timeout: 180_000 }, (proxyName) => {
  it('requests go where the model says', async () => {
    const [port] = await freePorts();
    await using a = await startBackend('a');
    await using b = await startBackend('b');
    await using c = await startBackend('c');
    await using proxy = await startProxy(issue, { proxy: proxyName });
    const path = (value: string, type = 'PathPrefix') => ({ path: { type, value } });
    // More than one line of the configuration has room for.
    const many = Array.from({ length: 9 }, (_, i) => ({ name: `x-${i}`, value: `${i}` }));
    const sentMany = Object.fromEntries(many.map(({ name, value }) => [name, value]));
    const { table } = computeWorld({
      proxy: proxyName,
      gateways: [
        gateway([
          { name: 'any', port, protocol: 'HTTP' },
          { name: 'shop', port, protocol: 'HTTP', hostname: '*.shop.example' },
        ]),
      ],
      servers: { a: [a.port], b: [b.port], c: [c.port] },
      routes: [
        httpRoute({
          rules: [
            { matches: [path('/x'), { ...path('/y', 'Exact'), method: 'POST' }], backendRefs: [to('a')] },
            { matches: [{ ...path('/x'), headers: [{ name: 'X-Env', value: 'a "b" %[src] # ü' }] }], backendRefs: [to('b')] },
            { matches: [{ ...path('/'), queryParams: [{ name: 'q', value: 'a&b' }] }], backendRefs: [to('c')] },
            { matches: [{ ...path('/x'), headers: many, queryParams: [{ name: 'q', value: 'a&b' }] }], backendRefs: [to('c')] },
            { matches: [{ ...path('/x'), headers: many.slice(1) }], backendRefs: [to('b')] },
          ],
        }),
        httpRoute({ hostnames: ['api.shop.example', '*.deep.shop.example'], rules: [{ backendRefs: [to('b')] }] }, 'api'),
        httpRoute(
          { parentRefs: [{ name: 'edge', sectionName: 'shop' }], rules: [{ matches: [path('/caf%C3%A9')], backendRefs: [to('c')] }] },
          'rest',
        ),
      ],
    });
    expect(await proxy.apply(table)).toMatchObject({ type: 'applied', how: 'started', ports: [port] });
    const hosts = [
      'other.example',
      'shop.example',
      'api.shop.example',
      'API.shop.example:80',
      'x.shop.example',
      'x.deep.shop.example',
      'a.x.deep.shop.example',
    ];
    const paths = ['/', '/x', '/x/', '/xy', '//x', '/%78/z', '/y', '/y/', '/caf%c3%a9/1', '/?q=a%26b', '/z?q=a', '/x?q=a%26b', '/a/../x'];
    const headers = [
      {},
      { 'x-env': 'a "b" %[src] # Ã¼' },
      { 'x-env': 'other' },
      sentMany,
      { ...sentMany, 'x-0': '' },
      { ...sentMany, 'x-8': '' },
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...hosts),
        fc.constantFrom(...paths),
        fc.constantFrom('GET', 'POST'),
        fc.constantFrom(...headers),
        async (host, url, method, sent) => {
          const values = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, Buffer.from(value, 'latin1').toString()]));
          const rule = matchListener(table, { port, host, path: url, method, headers: values });
          const expected = url.includes('..') ? 400 : rule === undefined ? 404 : rule.action.backends[0]?.name?.split('_')[1];
          const reply = await send(port, host, url, method, sent as Record<string, string>);
          expect(reply.status === 200 ? (JSON.parse(reply.body) as Sent).name : reply.status).toBe(expected);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('filters change requests and answers, and send elsewhere', async () => {
    const [port, second] = await freePorts();
    await using web = await startBackend('web', (incoming, response) => {
      response.setHeader('x-powered-by', 'web');
      response.setHeader('server', 'web');
      response.end(JSON.stringify({ name: 'web', url: incoming.url, headers: incoming.headers }));
    });
    await using proxy = await startProxy(issue, { proxy: proxyName });
    const headerFilter = {
      set: [{ name: 'X-Env', value: 'a "b" %[src] \\ # c' }],
      add: [{ name: 'X-More', value: '2' }],
      remove: ['X-Secret'],
    };
    const at = (value: string, filters: readonly object[], backendRefs: readonly object[] = []) => ({
      matches: [{ path: { value } }],
      filters,
      ...(backendRefs.length > 0 && { backendRefs }),
    });
    const rewrite = (urlRewrite: object) => ({ type: 'URLRewrite', urlRewrite });
    const redirect = (requestRedirect: object) => ({ type: 'RequestRedirect', requestRedirect });
    const prefix = (replacePrefixMatch: string) => ({ path: { type: 'ReplacePrefixMatch', replacePrefixMatch } });
    const { table, gateways } = computeWorld({
      proxy: proxyName,
      gateways: [
        gateway([
          { name: 'http', port, protocol: 'HTTP' },
          { name: 'more', port: second, protocol: 'HTTP' },
        ]),
      ],
      servers: { web: [web.port] },
      routes: [
        httpRoute({
          rules: [
            at(
              '/headers',
              [
                { type: 'RequestHeaderModifier', requestHeaderModifier: headerFilter },
                {
                  type: 'ResponseHeaderModifier',
                  responseHeaderModifier: {
                    // nginx says by itself what it is.
                    set: [{ name: proxyName === 'haproxy' ? 'Server' : 'X-Server', value: 'ours' }],
                    add: [{ name: 'X-A', value: 'b' }],
                    remove: ['X-Powered-By'],
                  },
                },
              ],
              [to('web')],
            ),
            at('/host', [rewrite({ hostname: 'inner.example' })], [to('web')]),
            at('/full', [rewrite({ path: { type: 'ReplaceFullPath', replaceFullPath: '/one%20"$(HOME)\'' } })], [to('web')]),
            at('/foo', [rewrite(prefix('/xyz'))], [to('web')]),
            at('/slash/', [rewrite(prefix('/xyz/'))], [to('web')]),
            at('/two/deep', [rewrite(prefix(''))], [to('web')]),
            at('/r/scheme', [redirect({ scheme: 'https' })]),
            at('/r/port', [redirect({ port: 8081, statusCode: 301 })]),
            at('/r/host', [redirect({ hostname: 'new.example', statusCode: 308 })]),
            at('/r/path', [redirect(prefix('/here'))]),
            at('/nobody', [], [to('nobody')]),
          ],
        }),
      ],
    });
    expect(gateways.routes[0]?.parents[0]?.conditions[0]).toMatchObject({ type: 'Accepted', status: 'True' });
    expect(await proxy.apply(table)).toMatchObject({ type: 'applied', ports: [port, second] });
    const changed = await ask(port, 'shop.example', '/headers', { headers: { 'x-env': 'old', 'x-more': '1', 'x-secret': 's' } });
    const { headers } = JSON.parse(changed.body) as Sent;
    expect(headers).toMatchObject({ 'x-env': 'a "b" %[src] \\ # c', 'x-more': '1, 2' });
    expect(headers).not.toHaveProperty('x-secret');
    expect(changed.headers).toMatchObject({ [proxyName === 'haproxy' ? 'server' : 'x-server']: 'ours', 'x-a': 'b' });
    expect(changed.headers).not.toHaveProperty('x-powered-by');
    expect(JSON.parse((await ask(port, 'shop.example', '/host')).body)).toMatchObject({
      headers: { host: 'inner.example', 'x-forwarded-host': 'shop.example' },
    });
    const urls: Record<string, string> = {
      '/full?a=b': '/one%20"$(HOME)\'?a=b',
      '/foo/bar?q': '/xyz/bar?q',
      '/foo': '/xyz',
      '/foo/': '/xyz/',
      '//f%6fo//b%20r': '/xyz/b%20r',
      '/slash/bar': '/xyz/bar',
      '/slash': '/xyz',
      '/two/deep': '/',
      '/two/deep/': '/',
      '/two/deep/er': '/er',
    };
    for (const [asked, got] of Object.entries(urls))
      expect((JSON.parse((await ask(second, 'shop.example', asked)).body) as Sent).url, asked).toBe(got);
    expect((await ask(port, 'shop.example', '/foo%2fbar/x')).status).toBe(400);
    const places: Record<string, readonly [number, string]> = {
      '/r/scheme/x?y=z': [302, 'https://shop.example/r/scheme/x?y=z'],
      '/r/port': [301, 'http://shop.example:8081/r/port'],
      '/r/host/a': [308, `http://new.example:${port}/r/host/a`],
      '/r/path/a?b': [302, `http://shop.example:${port}/here/a?b`],
    };
    for (const [asked, [status, location]] of Object.entries(places))
      expect(await ask(port, `shop.example:${port}`, asked), asked).toMatchObject({ status, headers: { location } });
    expect((await ask(port, 'shop.example', '/nobody')).status).toBe(500);
  });

  it('headers are changed for one of several backends, and a server that keeps silent is given up', async () => {
    const [port] = await freePorts();
    await using a = await startBackend('a');
    await using b = await startBackend('b');
    await using slow = await startBackend('slow', (incoming, response) => {
      if (incoming.url !== '/slow/never') response.end(JSON.stringify({ name: 'slow' }));
    });
    await using proxy = await startProxy(issue, { proxy: proxyName });
    const set = (name: string, value: string) => ({ set: [{ name, value }] });
    const filters = [
      { type: 'RequestHeaderModifier', requestHeaderModifier: set('X-Track', 'canary "%[src]"') },
      { type: 'ResponseHeaderModifier', responseHeaderModifier: set('X-Served-By', 'canary') },
    ];
    const { table, gateways } = computeWorld({
      proxy: proxyName,
      gateways: [gateway([{ name: 'http', port, protocol: 'HTTP' }])],
      servers: { a: [a.port], b: [b.port], slow: [slow.port] },
      routes: [
        httpRoute({
          rules: [
            {
              filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: set('X-Track', 'all') }],
              backendRefs: [to('a'), to('b', { filters })],
            },
            { matches: [{ path: { value: '/slow' } }], timeouts: { request: '1m', backendRequest: '0s300ms' }, backendRefs: [to('slow')] },
            { matches: [{ path: { value: '/free' } }], timeouts: { request: '0s' }, backendRefs: [to('slow')] },
          ],
        }),
      ],
    });
    expect(gateways.routes[0]?.parents[0]?.conditions[0]).toMatchObject({ type: 'Accepted', status: 'True' });
    expect(table.listeners[0]?.rules.map(({ action }) => action.timeoutMs).sort()).toEqual([300, undefined, undefined]);
    expect(await proxy.apply(table)).toMatchObject({ type: 'applied' });
    const seen = new Map<string, unknown>();
    await vi.waitFor(async () => {
      const { body, headers } = await ask(port, 'x', '/');
      const { name, headers: sent } = JSON.parse(body) as Sent;
      seen.set(name, [sent['x-track'], headers['x-served-by']]);
      expect(seen.size).toBe(2);
    }, SOON);
    expect(Object.fromEntries(seen)).toEqual({ a: ['all', undefined], b: ['canary "%[src]"', 'canary'] });
    expect((await ask(port, 'x', '/slow/soon')).status).toBe(200);
    expect((await ask(port, 'x', '/slow/never')).status).toBe(504);
    expect((await ask(port, 'x', '/free')).status).toBe(200);
  });

  it('at a port that Ingresses have, too, hosts that are written out go first, whoever has them', async () => {
    await using a = await startBackend('a');
    await using b = await startBackend('b');
    await using proxy = await startProxy(issue, { proxy: proxyName });
    const { table } = computeWorld({
      proxy: proxyName,
      gateways: [gateway([{ name: 'http', port: proxy.httpPort, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } }])],
      servers: { a: [a.port] },
      routes: [
        httpRoute({ rules: [{ matches: [{ path: { value: '/gw' } }], backendRefs: [to('a')] }] }),
        httpRoute({ hostnames: ['*.wild.example'], rules: [{ matches: [{ path: { value: '/w' } }], backendRefs: [to('a')] }] }, 'wild'),
        httpRoute({ hostnames: ['both.example'], rules: [{ matches: [{ path: { value: '/b' } }], backendRefs: [to('a')] }] }, 'both'),
      ],
      ingressPorts: proxy,
    });
    const rule = (host: string | undefined, ...paths: readonly string[]) => ({
      ...(host !== undefined && { host }),
      http: {
        paths: paths.map((path) => ({ path, pathType: 'Prefix' as const, backend: { service: { name: 'b', port: { number: 80 } } } })),
      },
    });
    const ingresses = tableOf({
      ingresses: [
        {
          metadata: { name: 'i', namespace: 'shop' },
          spec: {
            rules: [
              rule('shop.example', '/'),
              rule('both.example', '/'),
              rule('*.wild.example', '/'),
              rule('x.wild.example', '/w'),
              rule(undefined, '/any', '/gw/any'),
            ],
          },
        },
      ],
      servers: { b: [b.port] },
    });
    const both = { ...ingresses, listeners: table.listeners, backends: new Map([...ingresses.backends, ...table.backends]) };
    expect(await proxy.apply(both)).toMatchObject({ type: 'applied' });
    const expected = (host: string, path: string): string | number => {
      const match = matchShared(both, { port: proxy.httpPort, host, path, method: 'GET', headers: {} });
      if (match.type === 'rule') return match.rule.action.backends[0]?.name?.split('_')[1] ?? 500;
      return match.type === 'backend' ? (match.backend.split('_')[1] ?? '') : match.type === 'notFound' ? 404 : 400;
    };
    // What others wrote for every host takes nothing from who has a host.
    expect(expected('shop.example', '/gw')).toBe('b');
    expect(expected('other.example', '/gw/any')).toBe('a');
    expect(expected('both.example', '/b')).toBe('a');
    expect(expected('x.wild.example', '/w')).toBe('b');
    expect(expected('y.wild.example', '/w')).toBe('a');
    const paths = ['/', '/gw', '/gw/any', '/gwx', '/w', '/b/x', '/any', '/./x'];
    for (const host of ['shop.example', 'both.example', 'x.wild.example', 'y.wild.example', 'a.y.wild.example', 'other.example'])
      for (const path of paths) {
        const { status, body } = await ask(proxy.httpPort, host, path);
        expect(status === 200 ? (JSON.parse(body) as Sent).name : status, `${host}${path}`).toBe(expected(host, path));
      }
  });

  it('copies of requests go to mirrors, whose answers and silence are nobody’s business', async () => {
    const [port] = await freePorts();
    const seen: string[] = [];
    const note = (name: string, answer: (response: ServerResponse) => void) => (incoming: IncomingMessage, response: ServerResponse) => {
      let body = '';
      incoming.on('data', (data: Buffer) => {
        body += data.toString();
      });
      incoming.on('end', () => {
        seen.push(`${name} ${incoming.method} ${incoming.headers.host} ${incoming.url} ${incoming.headers['x-env']} ${body.length}`);
        answer(response);
      });
    };
    let endless = 0;
    await using web = await startBackend(
      'web',
      note('web', (response) => response.end('{"name":"web"}')),
    );
    await using mirror = await startBackend(
      'mirror',
      note('mirror', (response) => {
        const more = (): void => {
          endless += 1;
          if (!response.destroyed && endless < 10_000) response.write('x'.repeat(65_536), () => setImmediate(more));
        };
        more();
      }),
    );
    await using silent = await startBackend(
      'silent',
      note('silent', () => {}),
    );
    await using proxy = await startProxy(issue, { proxy: proxyName });
    const to_ = (name: string, more: object = {}) => ({ type: 'RequestMirror', requestMirror: { backendRef: to(name), ...more } });
    const { table, gateways } = computeWorld({
      proxy: proxyName,
      gateways: [gateway([{ name: 'http', port, protocol: 'HTTP' }])],
      servers: { web: [web.port], mirror: [mirror.port], silent: [silent.port] },
      routes: [
        httpRoute({
          rules: [
            {
              filters: [
                { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'X-Env', value: 'ours' }] } },
                to_('mirror'),
                to_('silent', { percent: 100 }),
                to_('web', { fraction: { numerator: 0, denominator: 7 } }),
              ],
              backendRefs: [to('web')],
            },
            { matches: [{ path: { value: '/half' } }], filters: [to_('silent', { percent: 50 })], backendRefs: [to('web')] },
          ],
        }),
      ],
    });
    expect(gateways.routes[0]?.parents[0]?.conditions[0]).toMatchObject({ type: 'Accepted', status: 'True' });
    expect(await proxy.apply(table)).toMatchObject({ type: 'applied' });
    expect((await send(port, 'shop.example', '/a%20b?c=d', 'GET', {})).status).toBe(200);
    const expected = ['web', 'mirror', 'silent'].map((name) => `${name} GET shop.example /a%20b?c=d ours 0`);
    await vi.waitFor(() => expect([...seen].sort()).toEqual(expected.sort()), SOON);
    seen.length = 0;
    const body = 'y'.repeat(5_000);
    expect((await send(port, 'shop.example', '/post', 'POST', { 'content-length': '5000' }, body)).status).toBe(200);
    await vi.waitFor(() => expect(seen).toContain('mirror POST shop.example /post ours 5000'), SOON);
    await vi.waitFor(() => expect(seen).toContain('silent POST shop.example /post ours 5000'), SOON);
    // One that does not fit goes on alone, as does one of unknown length.
    seen.length = 0;
    expect((await send(port, 'shop.example', '/large', 'POST', { 'content-length': '100000' }, 'z'.repeat(100_000))).status).toBe(200);
    expect((await send(port, 'shop.example', '/chunks', 'POST', { 'transfer-encoding': 'chunked' }, body)).status).toBe(200);
    for (let i = 0; i < 60; i += 1) await send(port, 'shop.example', '/half', 'GET', {});
    await vi.waitFor(() => expect(seen.filter((each) => each.startsWith('silent GET')).length).toBeGreaterThan(5), SOON);
    expect(seen.filter((each) => each.startsWith('web')).length).toBe(62);
    // The bounds are more than five deviations away.
    expect(seen.filter((each) => each.startsWith('silent GET')).length).toBeLessThan(52);
    expect(seen.filter((each) => /^(mirror|silent) POST/.test(each))).toEqual([]);
    // Their answers are not read on.
    expect(endless).toBeLessThan(1_000);
  });

  it('a body that is late is waited for where it can be copied; one that cannot be goes on at once', async () => {
    const [port] = await freePorts();
    const begun: string[] = [];
    const seen: string[] = [];
    const note = (name: string) => (incoming: IncomingMessage, response: ServerResponse) => {
      begun.push(`${name} ${incoming.url}`);
      let length = 0;
      incoming.on('data', (data: Buffer) => {
        length += data.length;
      });
      incoming.on('end', () => {
        seen.push(`${name} ${incoming.url} ${length}`);
        response.end();
      });
    };
    await using web = await startBackend('web', note('web'));
    await using mirror = await startBackend('mirror', note('mirror'));
    await using proxy = await startProxy(issue, { proxy: proxyName });
    const { table } = computeWorld({
      proxy: proxyName,
      gateways: [gateway([{ name: 'http', port, protocol: 'HTTP' }])],
      servers: { web: [web.port], mirror: [mirror.port] },
      routes: [
        httpRoute({
          rules: [{ filters: [{ type: 'RequestMirror', requestMirror: { backendRef: to('mirror') } }], backendRefs: [to('web')] }],
        }),
      ],
    });
    expect(await proxy.apply(table)).toMatchObject({ type: 'applied' });
    const begin = (path: string, length: number) => {
      const headers = { host: 'shop.example', 'content-length': String(length) };
      const sent = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false });
      const status = new Promise((resolve, reject) => {
        sent.on('response', (incoming) => resolve(incoming.resume().statusCode));
        sent.on('error', reject);
      });
      sent.flushHeaders();
      return { status, end: () => sent.end('x'.repeat(length)) };
    };
    const late = begin('/late', 5_000);
    const large = begin('/large', 15_001);
    await vi.waitFor(() => expect(begun).toEqual(['web /large']), SOON);
    // haproxy's own time: it has no other.
    await new Promise((resolve) => setTimeout(resolve, LATE_MS));
    expect(begun).toEqual(['web /large']);
    for (const { end } of [late, large]) end();
    expect(await Promise.all([late.status, large.status])).toEqual([200, 200]);
    await vi.waitFor(() => expect([...seen].sort()).toEqual(['mirror /late 5000', 'web /large 15001', 'web /late 5000']), SOON);
  });

  it('weights share requests, servers come by the runtime socket, and a port that is taken leaves the others alone', async () => {
    const [port, taken] = await freePorts();
    await using a = await startBackend('a');
    await using b = await startBackend('b');
    await using proxy = await startProxy(issue, { proxy: proxyName });
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(taken, '127.0.0.1', resolve));
    const world = (servers: Record<string, readonly number[]>) =>
      computeWorld({
        proxy: proxyName,
        gateways: [
          gateway([
            { name: 'http', port, protocol: 'HTTP' },
            { name: 'taken', port: taken, protocol: 'HTTP' },
          ]),
        ],
        servers,
        routes: [
          httpRoute({ rules: [{ backendRefs: [to('a', { weight: 3 }), to('b'), to('a', { weight: 0 }), to('gone', { weight: 1 })] }] }),
        ],
      }).table;
    await proxy.apply(world({ a: [a.port], b: [] }));
    expect(proxy.reports[0]).toMatchObject({ type: 'applied', ports: [port] });
    await vi.waitFor(
      () => expect(proxy.reports).toContainEqual(expect.objectContaining({ type: 'portTaken', port: taken, serving: true })),
      SOON,
    );
    const count = async (): Promise<Record<string, number>> => {
      const counts: Record<string, number> = {};
      for (let i = 0; i < 300; i++) {
        const { status, body } = await ask(port, 'x', '/');
        const key = status === 200 ? (JSON.parse(body) as Sent).name : String(status);
        counts[key] = (counts[key] ?? 0) + 1;
      }
      return counts;
    };
    // Of 5 parts: 3, 1 without servers, 1 that is not there. The bounds are more than five deviations away.
    const first = await count();
    expect(Object.keys(first).sort()).toEqual(['500', '503', 'a']);
    expect(first['a']).toBeGreaterThan(135);
    expect(first['a']).toBeLessThan(225);
    expect(await proxy.apply(world({ a: [a.port], b: [b.port] }))).toMatchObject({ type: 'applied', how: serversChange(proxyName) });
    expect(Object.keys(await count()).sort()).toEqual(['500', 'a', 'b']);
    await new Promise((resolve) => holder.close(resolve));
    await vi.waitFor(() => expect(proxy.reports).toContainEqual(expect.objectContaining({ type: 'applied', ports: [port, taken] })), SOON);
    expect([200, 500]).toContain((await ask(taken, 'x', '/')).status);
  });

  it('HTTPS has the certificates of its listeners, and Ingresses have what fits no rule at a port that both use', async () => {
    const secretOf = async (name: string, host: string): Promise<Secret> => {
      const { certificatePem, keyPem } = await opensslPair([host]);
      const stringData = { 'tls.crt': certificatePem, 'tls.key': keyPem };
      return { metadata: { name, namespace: 'shop' }, type: 'kubernetes.io/tls', stringData };
    };
    const [port] = await freePorts();
    await using web = await startBackend('web');
    await using proxy = await startProxy(issue, { proxy: proxyName });
    const https = (name: string, hostname: string) => ({
      ...{ name, port, protocol: 'HTTPS', hostname },
      tls: { certificateRefs: [{ name }] },
    });
    const { table } = computeWorld({
      proxy: proxyName,
      gateways: [
        gateway([
          https('one', 'one.example'),
          https('two', '*.two.example'),
          { name: 'http', port: proxy.httpPort, protocol: 'HTTP', hostname: 'shop.example' },
        ]),
      ],
      servers: { web: [web.port] },
      secrets: [await secretOf('one', 'one.example'), await secretOf('two', '*.two.example')],
      routes: [
        httpRoute({
          rules: [
            {
              matches: [{ path: { value: '/gw' } }],
              filters: [{ type: 'URLRewrite', urlRewrite: { hostname: 'by.gateway' } }],
              backendRefs: [to('web')],
            },
          ],
        }),
      ],
      ingressPorts: proxy,
    });
    const ingresses = tableOf({
      ingresses: [
        { metadata: { name: 'i', namespace: 'shop' }, spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } } },
      ],
      servers: { web: [web.port] },
    });
    const both = { ...ingresses, listeners: table.listeners, backends: new Map([...ingresses.backends, ...table.backends]) };
    expect(await proxy.apply(both)).toMatchObject({ type: 'applied', ports: [proxy.httpPort, port] });
    expect(await ask(port, 'one.example', '/gw', { tls: true })).toMatchObject({ status: 200, certificate: 'DNS:one.example' });
    expect(await ask(port, 'a.two.example', '/gw', { tls: true })).toMatchObject({ status: 200, certificate: 'DNS:*.two.example' });
    const hostOf = async (host: string, path: string): Promise<string | undefined> =>
      (JSON.parse((await ask(proxy.httpPort, host, path)).body) as Sent).headers['host'];
    expect(await hostOf('shop.example', '/gw')).toBe('by.gateway');
    expect(await hostOf('shop.example', '/other')).toBe('shop.example');
    expect(await hostOf('other.example', '/gw')).toBe('other.example');
  });
});
