import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttp2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Server as GrpcServer, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import type { HTTPGetAction } from '@solo-kubelet/pod-spec';
import { from, lastValueFrom } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { grpcHandler } from '../src/grpc/index.js';
import { type AnyProbeHandler, type ExecResult, execHandler, httpGetHandler, type ProbeOutcome, tcpSocketHandler } from '../src/index.js';
import { probeTarget } from '../src/testing/index.js';
import { type HealthCheckRequest, type HealthCheckResponse, HealthService, Serving } from './health-service.js';
import { selfSigned } from './self-signed.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const listen = async (server: Server): Promise<number> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};
const serve = (listener: RequestListener): Promise<number> => listen(createHttpServer(listener));
const serveRaw = (answer: string): Promise<number> => listen(createServer((socket) => socket.once('data', () => socket.end(answer))));
/** A port that nothing listens on. */
const deadPort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const run = (handler: AnyProbeHandler, action: unknown, { target = probeTarget(), timeoutMs = 2_000 } = {}): Promise<ProbeOutcome> =>
  lastValueFrom(from(handler.probe(action as never, target, { signal: AbortSignal.timeout(timeoutMs) })));
const get = (port: number, action: Partial<HTTPGetAction> = {}, options = {}): Promise<ProbeOutcome> =>
  run(httpGetHandler(), { port, path: '/', ...action }, options);

describe('tcpSocket', () => {
  it('succeeds when somebody listens, by number, by name, and by a number in a string', async () => {
    const port = await listen(createServer());
    const target = probeTarget({ ports: [{ name: 'web', containerPort: port }], podIp: '' });
    for (const given of [port, 'web', String(port)]) {
      expect(await run(tcpSocketHandler(), { port: given }, { target })).toEqual({ result: 'success', output: '' });
    }
  });

  it('fails when nobody does', async () => {
    const port = await deadPort();
    expect(await run(tcpSocketHandler(), { port })).toMatchObject({ result: 'failure', output: expect.stringContaining('ECONNREFUSED') });
  });

  it.each<[number | string, string]>([
    [0, 'invalid port number: 0'],
    [65_536, 'invalid port number: 65536'],
    ['-1', 'invalid port number: -1'],
    ['nobody', 'strconv.Atoi: parsing "nobody": invalid syntax'],
    ['80x', 'strconv.Atoi: parsing "80x": invalid syntax'],
    ['0x50', 'strconv.Atoi: parsing "0x50": invalid syntax'],
    ['8e1', 'strconv.Atoi: parsing "8e1": invalid syntax'],
    ['', 'strconv.Atoi: parsing "": invalid syntax'],
    ['9223372036854775808', 'strconv.Atoi: parsing "9223372036854775808": value out of range'],
  ])('cannot be tried on port %j', async (port, output) => {
    expect(await run(tcpSocketHandler(), { port })).toEqual({ result: 'unknown', output });
    expect(await run(httpGetHandler(), { port })).toEqual({ result: 'unknown', output });
  });

  it('writes an IPv6 address in brackets', async () => {
    const target = probeTarget({ podIp: '2001:db8::1' });
    const outcome = await lastValueFrom(from(tcpSocketHandler().probe({ port: 80 }, target, { signal: AbortSignal.abort() })));
    expect(outcome).toEqual({ result: 'failure', output: 'dial tcp [2001:db8::1]:80: i/o timeout' });
  });
});

describe('httpGet', () => {
  it.each([
    [200, 'success', 'hello'],
    [204, 'success', ''],
    [399, 'warning', 'Probe terminated redirects, Response body: hello'],
    [400, 'failure', 'HTTP probe failed with statuscode: 400'],
    [503, 'failure', 'HTTP probe failed with statuscode: 503'],
  ])('takes status %i for %s', async (code, result, output) => {
    const port = await serve((_request, response) => response.writeHead(code).end('hello'));
    expect(await get(port)).toEqual({ result, output });
  });

  it('asks as Kubernetes does', async () => {
    let asked = '';
    const port = await listen(
      createServer((socket) =>
        socket.once('data', (data) => {
          asked = data.toString('latin1');
          socket.end('HTTP/1.1 200 OK\r\n\r\n');
        }),
      ),
    );
    await get(port, { path: '/a b?x= y&z=ä#frag' });
    expect(asked).toBe(
      `GET /a%20b?x= y&z=\u00c3\u00a4 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: kube-probe/1.36\r\nAccept: */*\r\nConnection: close\r\n\r\n`,
    );
    await get(port, {
      httpHeaders: [
        { name: 'Host', value: 'shop.example' },
        { name: 'user-agent', value: 'mine' },
        { name: 'Accept', value: '' },
        { name: 'X-A', value: '1' },
        { name: 'x-a', value: '2' },
      ],
    });
    expect(asked).toBe('GET / HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: mine\r\nX-A: 1\r\nX-A: 2\r\nConnection: close\r\n\r\n');
  });

  it('sends no header that would break the request', async () => {
    expect(await get(1, { httpHeaders: [{ name: 'X', value: 'a\r\nB: c' }] })).toEqual({
      result: 'failure',
      output: 'Get "http://127.0.0.1:1/": net/http: invalid header field value for "X"',
    });
  });

  it('follows redirects within the host name', async () => {
    const second = await serve((_request, response) => response.end('there'));
    const port = await serve((request, response) =>
      request.url === '/'
        ? response.writeHead(302, { location: '/next' }).end()
        : response.writeHead(307, { location: `http://127.0.0.1:${second}/` }).end(),
    );
    expect(await get(port)).toEqual({ result: 'success', output: 'there' });
  });

  it('warns of a redirect that leaves the host name', async () => {
    const port = await serve((_request, response) => response.writeHead(301, { location: 'http://elsewhere.example/' }).end('moved'));
    expect(await get(port)).toEqual({ result: 'warning', output: 'Probe terminated redirects, Response body: moved' });
  });

  it('gives up after ten redirects', async () => {
    const port = await serve((_request, response) => response.writeHead(302, { location: '/' }).end());
    expect(await get(port)).toMatchObject({ result: 'failure', output: expect.stringContaining('stopped after 10 redirects') });
  });

  it('keeps 10 KiB of a body and does not wait for more', async () => {
    const port = await serve((_request, response) => {
      response.writeHead(200);
      response.write('x'.repeat(20_000));
    });
    const { result, output } = await get(port);
    expect([result, output.length]).toEqual(['success', 10_240]);
  });

  it('reads chunked bodies without waiting for the connection to end', async () => {
    const port = await listen(
      createServer((socket) =>
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n')),
      ),
    );
    expect(await get(port)).toEqual({ result: 'success', output: 'abcde' });
  });

  it('skips interim answers', async () => {
    const port = await serveRaw('HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect(await get(port)).toEqual({ result: 'success', output: 'ok' });
  });

  it.each([
    ['30,000 interim answers', `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(30_000)}HTTP/1.1 200 OK\r\n\r\n`, 'failure'],
    ['a chunk of less than nothing', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-6\r\nabc\r\n', 'unknown'],
    ['a chunk line without end', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;${'x'.repeat(200_000)}`, 'unknown'],
    ['a head without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(2_000_000)}`, 'failure'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: -6\r\n\r\nabc', 'failure'],
    ['a switch of protocols', 'HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n', 'failure'],
    ['lines that end as they should not', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', 'success'],
  ])('takes %s for no more than an answer', async (_what, answer, result) => {
    expect(await get(await serveRaw(answer))).toMatchObject({ result });
  });

  it('takes the first Location, and fails where it cannot be read or leads nowhere', async () => {
    const location = (...values: string[]) => `HTTP/1.1 302 x\r\n${values.map((value) => `Location: ${value}\r\n`).join('')}\r\n`;
    expect(await get(await serveRaw(location('http://elsewhere.example/', '/')))).toMatchObject({ result: 'warning' });
    expect(await get(await serveRaw(location('/%zz')))).toMatchObject({
      result: 'failure',
      output: expect.stringContaining('failed to parse Location header "/%zz": parse "/%zz": invalid URL escape "%zz"'),
    });
    expect(await get(await serveRaw(location('ftp://127.0.0.1/')))).toEqual({
      result: 'failure',
      output: 'Get "ftp://127.0.0.1/": unsupported protocol scheme "ftp"',
    });
  });

  it('tells a server without TLS from one that is not there', async () => {
    expect(await get(await serve((_request, response) => response.end('plain')), { scheme: 'HTTPS' })).toMatchObject({
      result: 'failure',
      output: expect.stringMatching(/^Get "https:.*": http: server gave HTTP response to HTTPS client$/),
    });
  });

  it.each([
    ['no HTTP at all', 'SSH-2.0-OpenSSH\r\n', 'failure'],
    ['nothing', '', 'failure'],
    ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 'unknown'],
  ])('takes %s for %s', async (_what, answer, result) => {
    expect(await get(await serveRaw(answer))).toMatchObject({ result });
  });

  it('fails on no answer in time, and on no server', async () => {
    const port = await serve(() => {});
    expect(await get(port, {}, { timeoutMs: 50 })).toMatchObject({
      result: 'failure',
      output: expect.stringContaining('deadline exceeded'),
    });
    expect(await get(await deadPort())).toMatchObject({ result: 'failure', output: expect.stringContaining('ECONNREFUSED') });
  });

  it('does not verify certificates', async () => {
    const port = await listen(createHttpsServer(selfSigned(), (_request, response) => response.end('secure')));
    expect(await get(port, { scheme: 'HTTPS' })).toEqual({ result: 'success', output: 'secure' });
  });
});

describe('an attempt that nobody waits for any more', () => {
  it.each<[AnyProbeHandler]>([[tcpSocketHandler()], [httpGetHandler()], [grpcHandler()]])('ends at once', async (handler) => {
    const port = await serve(() => {});
    const outcome = await lastValueFrom(from(handler.probe({ port } as never, probeTarget(), { signal: AbortSignal.abort() })));
    expect(outcome.result).toBe('failure');
  });

  it('ends in the middle of redirects', async () => {
    let asked = 0;
    const port = await serve((_request, response) => {
      asked += 1;
      if (asked === 1) setTimeout(() => response.writeHead(302, { location: '/' }).end(), 20);
    });
    expect(await get(port, {}, { timeoutMs: 100 })).toMatchObject({ result: 'failure' });
  });
});

describe('exec', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const exited = (exitCode: number, stdout = '', stderr = ''): ExecResult => ({
    type: 'exited',
    exitCode,
    stdout: bytes(stdout),
    stderr: bytes(stderr),
  });

  it.each<[string, ExecResult, ProbeOutcome]>([
    ['exit 0', exited(0, 'fine'), { result: 'success', output: 'fine' }],
    ['exit 7', exited(7, 'out', 'err'), { result: 'failure', output: 'outerr' }],
    ['the end of its time', { type: 'timedOut' }, { result: 'failure', output: 'command timed out: "sleep 60" timed out after 1s' }],
    ['much output', exited(0, 'x'.repeat(20_000)), { result: 'success', output: 'x'.repeat(10_240) }],
  ])('judges %s', async (_what, result, outcome) => {
    expect(
      await run(
        execHandler(async () => result),
        { command: ['sleep', '60'] },
      ),
    ).toEqual(outcome);
  });

  it('writes a longer limit as Go does', async () => {
    const handler = execHandler(async () => ({ type: 'timedOut' }));
    const target = probeTarget({ probe: { timeoutSeconds: 90 } });
    expect(await run(handler, { command: ['a'] }, { target })).toEqual({
      result: 'failure',
      output: 'command timed out: "a" timed out after 1m30s',
    });
  });

  it('replaces literal variables only, and passes the time limit on', async () => {
    const calls: unknown[] = [];
    const handler = execHandler(async (containerId, command, timeoutMs) => {
      calls.push([containerId, command, timeoutMs]);
      return exited(0);
    });
    const env = [
      { name: 'A', value: '1' },
      { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ];
    await run(handler, { command: ['echo', '$(A) $(B) $$(A)'] }, { target: probeTarget({ env, probe: { timeoutSeconds: 4 } }) });
    expect(calls).toEqual([['c1', ['echo', '1 $(B) $(A)'], 4_000]]);
  });

  it('cannot tell when the runtime cannot, and fails when the time is up', async () => {
    const broken = execHandler(async () => {
      throw new Error('no such container');
    });
    expect(await run(broken, { command: ['true'] })).toEqual({ result: 'unknown', output: 'no such container' });
    const hanging = execHandler(
      (_id, _command, _timeoutMs, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    expect(await run(hanging, { command: ['sleep'] }, { timeoutMs: 20 })).toMatchObject({ result: 'failure' });
  });
});

describe('grpc', () => {
  const start = async (check?: (service: string) => Serving | number): Promise<number> => {
    const server = new GrpcServer();
    if (check !== undefined) {
      server.addService(HealthService, {
        check: (call: ServerUnaryCall<HealthCheckRequest, HealthCheckResponse>, reply: sendUnaryData<HealthCheckResponse>) => {
          const answer = check(call.request.service);
          if (answer === -1) return;
          if (answer >= 100) reply({ code: answer - 100, details: 'no such service' });
          else reply(null, { status: answer });
        },
      });
    }
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
    );
    closers.push(() => server.forceShutdown());
    return port;
  };

  /** As pkg/probe/grpc/grpc.go has it, with the error as Go prints one. */
  const FAILED = 'error: health rpc probe failed';
  it.each<[string, Serving | number, ProbeOutcome]>([
    ['SERVING', Serving.SERVING, { result: 'success', output: 'service healthy' }],
    ['NOT_SERVING', Serving.NOT_SERVING, { result: 'failure', output: 'service unhealthy (responded with "NOT_SERVING")' }],
    [
      'an unknown service',
      100 + status.NOT_FOUND,
      { result: 'failure', output: `${FAILED}: rpc error: code = NotFound desc = no such service` },
    ],
    [
      'UNAVAILABLE',
      100 + status.UNAVAILABLE,
      { result: 'failure', output: `${FAILED}: rpc error: code = Unavailable desc = no such service` },
    ],
  ])('judges %s', async (_what, answer, outcome) => {
    expect(await run(grpcHandler(), { port: await start(() => answer) })).toEqual(outcome);
  });

  it('asks for the service by name', async () => {
    const port = await start((service) => (service === 'db' ? Serving.SERVING : Serving.NOT_SERVING));
    expect((await run(grpcHandler(), { port, service: 'db' })).result).toBe('success');
    expect((await run(grpcHandler(), { port })).result).toBe('failure');
  });

  it('fails on a server without the protocol, on none, and on one that does not answer', async () => {
    expect((await run(grpcHandler(), { port: await start() })).output).toMatch(/does not implement the grpc health protocol/);
    expect((await run(grpcHandler(), { port: await deadPort() })).output).toMatch(
      /^error: failed to connect service at "127\.0\.0\.1:\d+": connect ECONNREFUSED 127\.0\.0\.1:\d+( \(.*\))?$/,
    );
    const outcome = await run(grpcHandler(), { port: await start(() => -1) }, { timeoutMs: 100 });
    expect(outcome).toEqual({ result: 'failure', output: 'timeout: health rpc did not complete within 1s' });
  });

  it('tells a server that says nothing, or something else, from one that does not answer', async () => {
    const silent = await listen(createServer());
    expect(await run(grpcHandler(), { port: silent }, { timeoutMs: 50 })).toEqual({
      result: 'failure',
      output: `timeout: failed to connect service "127.0.0.1:${silent}" within 1s: context deadline exceeded`,
    });
    const other = await serve((_request, response) => response.end('hello'));
    const connect = (why: string) => ({ result: 'failure', output: expect.stringContaining(`${why}`) });
    expect(await run(grpcHandler(), { port: other })).toEqual(connect('the frame header looked like an HTTP/1.1 header'));
    const closing = await listen(createServer((socket) => socket.end()));
    expect(await run(grpcHandler(), { port: closing })).toEqual(connect('error reading server preface: EOF'));
    const resetting = await listen(createServer((socket) => socket.once('data', () => socket.resetAndDestroy())));
    expect(await run(grpcHandler(), { port: resetting })).toEqual(connect('error reading server preface: read ECONNRESET'));
  });

  it('asks as Kubernetes does, on a connection of its own, and acknowledges settings', async () => {
    const seen: IncomingHttpHeaders[] = [];
    let [sessions, acknowledged] = [0, 0];
    const server = createHttp2Server();
    server.on('session', (session) => {
      sessions += 1;
      session.on('localSettings', () => {
        acknowledged += 1;
      });
    });
    server.on('stream', (stream, headers) => {
      seen.push(headers);
      stream.resume().on('end', async () => {
        await vi.waitFor(() => expect(acknowledged).toBe(sessions));
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1]));
      });
    });
    const port = await listen(server);
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      expect(await run(grpcHandler(), { port, service: 'db' })).toEqual({ result: 'success', output: 'service healthy' });
      expect(sessions).toBe(attempt);
    }
    expect(seen[0]).toMatchObject({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      ':authority': `127.0.0.1:${port}`,
      'content-type': 'application/grpc',
      'user-agent': 'kube-probe/1.36',
      'grpc-timeout': '1000m',
      te: 'trailers',
    });
  });
});

describe('httpGet with protocol HTTP2', () => {
  const serveH2c = async (answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void): Promise<number> => {
    const server = createHttp2Server();
    server.on('sessionError', () => {});
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      answer(stream, headers);
    });
    return listen(server);
  };
  const h2c = (port: number, action: Partial<HTTPGetAction> = {}, options = {}) => get(port, { protocol: 'HTTP2', ...action }, options);

  it('asks without TLS and without an upgrade, with the headers of the manifest', async () => {
    let seen: IncomingHttpHeaders = {};
    const port = await serveH2c((stream, headers) => {
      seen = headers;
      stream.respond({ ':status': 200 });
      stream.end('well');
    });
    const httpHeaders = [
      { name: 'X-Custom', value: 'a' },
      { name: 'X-Custom', value: 'b' },
      { name: 'Host', value: 'example.com' },
      { name: 'Connection', value: 'keep-alive' },
    ];
    expect(await h2c(port, { path: '/ready?now=1', httpHeaders })).toEqual({ result: 'success', output: 'well' });
    expect(seen).toMatchObject({
      ':method': 'GET',
      ':scheme': 'http',
      ':path': '/ready?now=1',
      ':authority': 'example.com',
      'x-custom': 'a, b',
    });
    expect(seen['user-agent']).toMatch(/^kube-probe/);
    expect(seen).not.toHaveProperty('connection');
  });

  it.each([
    [204, 'success'],
    [404, 'failure'],
    [503, 'failure'],
  ])('judges status %s as HTTP/1.1 does', async (status, result) => {
    const port = await serveH2c((stream) => {
      stream.respond({ ':status': status }, { endStream: true });
    });
    expect((await h2c(port)).result).toBe(result);
  });

  it('follows redirects by HTTP/2, and not to TLS', async () => {
    const port: number = await serveH2c((stream, { ':path': path }) => {
      if (path === '/there') stream.respond({ ':status': 200 });
      else stream.respond({ ':status': 302, location: path === '/tls' ? `https://127.0.0.1:${port}/` : '/there' });
      stream.end('here');
    });
    expect(await h2c(port)).toEqual({ result: 'success', output: 'here' });
    expect(await h2c(port, { path: '/tls' })).toMatchObject({ result: 'failure', output: expect.stringContaining('redirected to https') });
  });

  it('fails at a server of HTTP/1.1, at none, at a reset stream and at one that says nothing', async () => {
    const old = await serve((_request, response) => response.end('old'));
    const reset = await serveH2c((stream) => stream.close(2));
    const silent = await serveH2c(() => {});
    expect((await h2c(old)).result).toBe('failure');
    expect((await h2c(await deadPort())).result).toBe('failure');
    expect((await h2c(reset)).result).toBe('failure');
    expect(await h2c(silent, {}, { timeoutMs: 200 })).toMatchObject({
      result: 'failure',
      output: expect.stringContaining('context deadline exceeded'),
    });
  });

  it('takes no more of a body than it shows', async () => {
    const port = await serveH2c((stream) => {
      stream.respond({ ':status': 200 });
      const write = (): void => {
        while (!stream.destroyed && stream.write('x'.repeat(4_096)));
        if (!stream.destroyed) stream.once('drain', write);
      };
      write();
    });
    const outcome = await h2c(port);
    expect(outcome.result).toBe('success');
    expect(outcome.output.length).toBeLessThan(20_000);
  });

  it('is not understood by a server when the probe speaks HTTP/1.1', async () => {
    const port = await serveH2c((stream) => stream.respond({ ':status': 200 }, { endStream: true }));
    expect((await get(port)).result).not.toBe('success');
    expect((await get(port, { protocol: 'HTTP1' })).result).not.toBe('success');
  });
});

describe('grpc with mode TLS', () => {
  const startTls = async (): Promise<number> => {
    const server = new GrpcServer();
    server.addService(HealthService, {
      check: (_call: ServerUnaryCall<HealthCheckRequest, HealthCheckResponse>, done: sendUnaryData<HealthCheckResponse>) =>
        done(null, { status: Serving.SERVING }),
    });
    const { key, cert } = selfSigned();
    const credentials = ServerCredentials.createSsl(null, [{ private_key: Buffer.from(key), cert_chain: Buffer.from(cert) }]);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error))),
    );
    closers.push(() => server.forceShutdown());
    return port;
  };

  it('takes any certificate, and needs TLS', async () => {
    const port = await startTls();
    expect(await run(grpcHandler(), { port, mode: 'TLS' }, { timeoutMs: 10_000 })).toEqual({
      result: 'success',
      output: 'service healthy',
    });
    expect((await run(grpcHandler(), { port, mode: 'Plaintext' })).result).toBe('failure');
    expect((await run(grpcHandler(), { port })).result).toBe('failure');
  });

  it('fails at a server of TLS that does not speak HTTP/2, or does not say so', async () => {
    const fails = async (server: Server, why: string): Promise<void> => {
      const port = await listen(server);
      expect(await run(grpcHandler(), { port, mode: 'TLS' }, { timeoutMs: 10_000 })).toEqual({
        result: 'failure',
        output: `error: failed to connect service at "127.0.0.1:${port}": transport: authentication handshake failed: ${why}`,
      });
    };
    await fails(
      createHttpsServer(selfSigned(), (_request, response) => response.end()),
      'remote error: tls: no application protocol',
    );
    await fails(createTlsServer(selfSigned()), 'credentials: cannot check peer: missing selected ALPN property');
  });

  it('fails at a server without TLS', async () => {
    const port = await serve((_request, response) => response.end());
    expect(await run(grpcHandler(), { port, mode: 'TLS' })).toEqual({
      result: 'failure',
      output: `error: failed to connect service at "127.0.0.1:${port}": transport: authentication handshake failed: tls: first record does not look like a TLS handshake`,
    });
  });
});
