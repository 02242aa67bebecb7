import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import type { Logger } from '@solo-kubelet/diagnostics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, fakeView, pod, startApi, type TestApi, watchable } from './api.js';

const TOKEN = 'admin-token-0123456789ab';
const HEADER_TIMEOUT_MS = 300;

let test: TestApi;
let directory: string;
let records: string[];
const capture = (...parts: readonly unknown[]): void => {
  records.push(JSON.stringify(parts));
};
const logger = { trace: capture, debug: capture, info: capture, warn: capture, error: capture } as unknown as Logger;
const readOnlyPort = (): number => test.api.listeners.readOnly?.port ?? 0;
const tlsPort = (): number => test.api.listeners.tls?.port ?? 0;

beforeEach(async () => {
  records = [];
  directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-hostile-'));
  const tokenFile = join(directory, 'tokens.csv');
  await writeFile(tokenFile, `${TOKEN},boss,admin\n`);
  await writeFile(join(directory, 'kubelet.log'), 'a line\n');
  test = await startApi({
    port: 0,
    readOnlyPort: 0,
    tokenFile,
    logger,
    headerTimeoutMs: HEADER_TIMEOUT_MS,
    nodeLogDirectory: directory,
    view: fakeView({ pods: watchable([pod('web')]) }),
  });
});
afterEach(async () => {
  await test[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const opened = async (): Promise<Socket> => {
  const socket = connect({ host: '127.0.0.1', port: readOnlyPort() });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
};

/** What the server says until it closes. */
const untilClosed = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('close', () => resolve(text));
  });

describe('slow clients', () => {
  it('one that dribbles its header is cut off', async () => {
    const socket = await opened();
    const answer = untilClosed(socket);
    const dribble = setInterval(() => socket.write('X'), 20);
    socket.write('GET /healthz HTTP/1.1\r\n');
    expect(await answer).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
    clearInterval(dribble);
  });

  it('one that never finishes its body is cut off, and is not waited for', async () => {
    const socket = await opened();
    const answer = untilClosed(socket);
    socket.write('POST /stats/summary HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nab');
    expect(await answer).toMatch(/^HTTP\/1\.1 \d{3} [\s\S]*Connection: close/);
  });

  it('one that starts no TLS handshake is cut off', async () => {
    const socket = connect({ host: '127.0.0.1', port: tlsPort() });
    socket.on('error', () => {});
    expect(await untilClosed(socket)).toBe('');
  });
});

describe('large requests', () => {
  it('a body of gigabytes is refused before it is read', async () => {
    const socket = await opened();
    const answer = untilClosed(socket);
    socket.write(`POST /stats/summary HTTP/1.1\r\nHost: x\r\nContent-Length: ${8 * 2 ** 30}\r\n\r\n`);
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it.each([
    ['a long target', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['a long header', `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`],
    ['thousands of headers', `GET /healthz HTTP/1.1\r\nHost: x\r\n${'X-Y: z\r\n'.repeat(20_000)}\r\n`],
  ])('%s is answered 431', async (_what, text) => {
    const socket = await opened();
    const answer = untilClosed(socket);
    socket.write(text);
    expect(await answer).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe('paths that climb', () => {
  const climb = [
    '/logs/../../../../etc/passwd',
    '/logs/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
    '/logs/..%2f..%2f..%2fetc%2fpasswd',
    '/logs/....//....//etc/passwd',
    '/logs//etc/passwd',
    '/logs/%00/etc/passwd',
    '/containerLogs/default/..%2f..%2f..%2f/etc',
    '/checkpoint/default/..%2f..%2f/x',
    '//etc/passwd',
    '/logs/%',
    '/logs/\\..\\..\\etc\\passwd',
  ];
  it.each(climb)('%s leads nowhere', async (path) => {
    const answer = await ask({ tls: true, port: tlsPort(), path, headers: { authorization: `Bearer ${TOKEN}` } });
    expect(answer.status).toBeGreaterThanOrEqual(307);
    if (answer.status === 307) expect(answer.headers.location).toMatch(/^\/(\.\.\.\.|logs|etc)\//);
    expect(answer.body).not.toContain('root:');
  });

  it('while a log of the node itself is shown', async () => {
    const answer = await ask({ tls: true, port: tlsPort(), path: '/logs/kubelet.log', headers: { authorization: `Bearer ${TOKEN}` } });
    expect(answer).toMatchObject({ status: 200, body: 'a line\n' });
  });
});

describe('many connections', () => {
  it('2,000 idle ones, a tenth of them over TLS, keep nobody from being answered', async () => {
    // With the time that clients have as a rule: here only the limits of connections end the idle ones, and a good client on a busy
    // machine takes longer than 300 ms for its handshake.
    await test[Symbol.asyncDispose]();
    test = await startApi({ port: 0, readOnlyPort: 0, tokenFile: join(directory, 'tokens.csv'), logger, view: fakeView() });
    const open = (index: number): Promise<Socket> =>
      new Promise((resolve) => {
        const done = (): void => resolve(socket);
        const where = { host: '127.0.0.1', port: index % 10 === 0 ? tlsPort() : readOnlyPort() };
        const socket: Socket = index % 10 === 0 ? tlsConnect({ ...where, rejectUnauthorized: false }, done) : connect(where, done);
        // The server may cut an idle one off at any time: that is its right.
        socket.on('error', done);
      });
    const sockets: Socket[] = [];
    for (let round = 0; round < 20; round += 1) {
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, (_, index) => open(index)))));
    }
    expect(sockets).toHaveLength(2_000);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        index % 2 === 0
          ? ask({ port: readOnlyPort(), path: '/healthz' })
          : ask({ tls: true, port: tlsPort(), path: '/healthz', headers: { authorization: `Bearer ${TOKEN}` } }),
      ),
    );
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['ok']));
    for (const socket of sockets) socket.destroy();
  }, 60_000);
});

describe('the log', () => {
  it('holds no token, query or header of any request, good or bad', async () => {
    const secrets = [TOKEN, 'guessed-token-9876543210', 'cmd-secret-argument', 'cookie-secret'];
    const paths = [
      '/pods',
      '/run/default/web/app?cmd=echo%20cmd-secret-argument',
      '/exec/default/web/app?command=cmd-secret-argument&output=1',
    ];
    for (const path of paths) {
      for (const token of [TOKEN, 'guessed-token-9876543210']) {
        const headers = { authorization: `Bearer ${token}`, cookie: 'cookie-secret' };
        await ask({ tls: true, port: tlsPort(), path, method: path.startsWith('/run') ? 'POST' : 'GET', headers });
        await ask({ tls: true, port: tlsPort(), path, headers: { ...headers, connection: 'Upgrade', upgrade: 'SPDY/3.1' } });
      }
    }
    // The runtime cannot be reached, so there is something to log about.
    expect(records.length).toBeGreaterThan(0);
    for (const secret of secrets) expect(records.filter((record) => record.includes(secret))).toEqual([]);
  });
});
