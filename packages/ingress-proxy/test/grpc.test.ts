import { type ClientHttp2Stream, connect, createServer, type Http2Server, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Ingress } from '@solo-kubelet/object-spec';
import { describe, expect, it, vi } from 'vitest';
import { opensslPair } from './openssl-pair.js';
import { installedProxies, SOON, startProxy, tableOf } from './started-proxy.js';

/** A server of HTTP/2 without TLS that says each message back, and ends as gRPC does: with trailers. */
const startEcho = async (): Promise<{ readonly server: Http2Server; readonly port: number } & AsyncDisposable> => {
  const server = createServer();
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'x-te': String(headers['te']) }, { waitForTrailers: true });
    stream.on('wantTrailers', () =>
      stream.sendTrailers({ 'grpc-status': headers[':path'] === '/shop.Cart/Fail' ? '5' : '0', 'grpc-message': 'done' }),
    );
    stream.on('data', (data: Buffer) => stream.write(data));
    stream.on('end', () => stream.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server,
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

interface Call {
  readonly stream: ClientHttp2Stream;
  readonly said: () => string;
  readonly headers: () => IncomingHttpHeaders | undefined;
  readonly trailers: Promise<IncomingHttpHeaders>;
}

const ingress = (name: string, host: string): Ingress => ({
  metadata: { name, namespace: 'shop', annotations: { 'nginx.ingress.kubernetes.io/backend-protocol': 'GRPC' } },
  spec: {
    tls: [{ hosts: [host] }],
    rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'grpc', port: { number: 80 } } } }] } }],
  },
});

describe.each(installedProxies)('gRPC through %s', { timeout: 120_000 }, (proxyName) => {
  // nginx takes HTTP/2 without TLS only where nothing else is spoken.
  it.each(proxyName === 'haproxy' ? (['https', 'http'] as const) : (['https'] as const))(
    'by %s: messages go both ways, trailers come, and a call outlives a change of routes',
    async (scheme) => {
      await using echo = await startEcho();
      await using proxy = await startProxy(opensslPair, { proxy: proxyName });
      const servers = { grpc: [echo.port] };
      expect(await proxy.apply(tableOf({ ingresses: [ingress('cart', 'cart.example')], servers }))).toMatchObject({ how: 'started' });
      const port = scheme === 'https' ? proxy.httpsPort : proxy.httpPort;
      const session = connect(`${scheme}://127.0.0.1:${port}`, { servername: 'cart.example', rejectUnauthorized: false });
      session.on('error', () => {});
      const call = (path: string): Call => {
        const stream = session.request({
          ':method': 'POST',
          ':path': path,
          ':authority': 'cart.example',
          ':scheme': scheme,
          te: 'trailers',
          'content-type': 'application/grpc',
        });
        let text = '';
        let answer: IncomingHttpHeaders | undefined;
        stream.setEncoding('utf8').on('data', (more: string) => {
          text += more;
        });
        stream.on('response', (headers) => {
          answer = headers;
        });
        const trailers = new Promise<IncomingHttpHeaders>((resolve, reject) => {
          stream.on('trailers', resolve);
          stream.on('error', reject);
        });
        return { stream, said: () => text, headers: () => answer, trailers };
      };
      const failing = call('/shop.Cart/Fail');
      failing.stream.end('x');
      expect(await failing.trailers).toMatchObject({ 'grpc-status': '5', 'grpc-message': 'done' });
      const watch = call('/shop.Cart/Watch');
      watch.stream.write('one ');
      await vi.waitFor(() => expect(watch.said()).toBe('one '), SOON);
      expect(watch.headers()).toMatchObject({ ':status': 200, 'content-type': 'application/grpc', 'x-te': 'trailers' });
      const more = [ingress('cart', 'cart.example'), ingress('more', 'more.example')];
      expect(await proxy.apply(tableOf({ ingresses: more, servers }))).toMatchObject({ how: 'reloaded' });
      watch.stream.write('two ');
      await vi.waitFor(() => expect(watch.said()).toBe('one two '), SOON);
      watch.stream.end('three');
      expect(await watch.trailers).toMatchObject({ 'grpc-status': '0' });
      expect(watch.said()).toBe('one two three');
      session.destroy();
    },
  );
});
