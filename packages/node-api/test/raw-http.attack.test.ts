import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ask, fakeView, pod, startApi, type TestApi, watchable } from './api.js';
import { exchangeRaw, statusesIn } from './raw-socket.js';

const TOKEN = 'admin-token-0123456789ab';
const SECRET = 'only-admins-see-this';
let test: TestApi;
let directory: string;
let ports: Readonly<Record<'tls' | 'readOnly', number>>;
const surprises: unknown[] = [];
const surprise = (error: unknown): void => void surprises.push(error);

beforeAll(async () => {
  process.on('unhandledRejection', surprise);
  process.on('uncaughtExceptionMonitor', surprise);
  directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-fuzz-'));
  const tokenFile = join(directory, 'tokens.csv');
  await writeFile(tokenFile, `${TOKEN},boss,admin\n`);
  await writeFile(join(directory, 'kubelet.log'), SECRET);
  test = await startApi({
    port: 0,
    readOnlyPort: 0,
    tokenFile,
    headerTimeoutMs: 500,
    nodeLogDirectory: directory,
    view: fakeView({ pods: watchable([pod('web')]), configuration: { secret: SECRET } }),
  });
  ports = { tls: test.api.listeners.tls?.port ?? 0, readOnly: test.api.listeners.readOnly?.port ?? 0 };
});
afterAll(async () => {
  await test[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
  process.off('unhandledRejection', surprise);
  process.off('uncaughtExceptionMonitor', surprise);
});
afterEach(() => expect(surprises).toEqual([]));

/** Ends its half after the request, so that a server which waits for more, or keeps the connection, closes it. */
const exchange = (listener: 'tls' | 'readOnly', bytes: Uint8Array): Promise<string> =>
  exchangeRaw({ port: ports[listener], ...(listener === 'tls' ? { tls: {} } : {}) }, bytes, { end: true });

const FIRST = 'pods exec attach run portForward containerLogs stats metrics logs configz restart checkpoint events images node'.split(' ');
const part = fc.oneof(
  fc.constantFrom(...FIRST, 'default', 'web', 'app', 'uid-web', 'summary', '..', '%2e%2e', '%00', '%', '', '*', ':pod', 'kubelet.log'),
  fc.string({ maxLength: 12 }).map(encodeURIComponent),
  fc.string({ unit: 'binary-ascii', maxLength: 6 }),
);
const headerLine = fc.oneof(
  fc.constantFrom(
    'Connection: Upgrade\r\nUpgrade: SPDY/3.1',
    'Upgrade: websocket\r\nConnection: Upgrade',
    'Transfer-Encoding: chunked',
    'Content-Length: 5',
    'Content-Length: -1',
    'Content-Length: 5\r\nContent-Length: 6',
    'Expect: 100-continue',
    'Authorization: Bearer',
    'Authorization: Bearer admin-token-0123456789a',
    'Authorization: Bearer  x y',
    'Host: ',
    'Host: a\r\nHost: b',
  ),
  fc.tuple(fc.string({ maxLength: 8 }), fc.string({ maxLength: 20 })).map(([name, value]) => `${name}: ${value}`),
);
const httpRequest = fc
  .record({
    method: fc.oneof(
      fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE', 'PATCH', 'PRI'),
      fc.string({ maxLength: 5 }),
    ),
    prefix: fc.constantFrom('/', '//', '', 'http://node/', 'http://[', '*'),
    parts: fc.array(part, { maxLength: 7 }),
    query: fc.array(
      fc.tuple(
        fc.constantFrom('command', 'cmd', 'port', 'output', 'tty', 'follow', 'tailLines', 'timeout', 'sinceTime', 'watch', 'exclude'),
        part,
      ),
      { maxLength: 4 },
    ),
    version: fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', ''),
    headers: fc.array(headerLine, { maxLength: 4 }),
    body: fc.string({ unit: 'binary', maxLength: 30 }),
  })
  .map(({ method, prefix, parts, query, version, headers, body }) => {
    const target = `${prefix}${parts.join('/')}${query.length === 0 ? '' : `?${query.map((pair) => pair.join('=')).join('&')}`}`;
    return Buffer.from(`${method} ${target} ${version}\r\nHost: x\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n${body}`);
  });

const stillServes = async (): Promise<void> => {
  expect((await ask({ port: ports.readOnly, path: '/healthz' })).body).toBe('ok');
  const configured = await ask({ tls: true, port: ports.tls, path: '/configz', headers: { authorization: `Bearer ${TOKEN}` } });
  expect(configured.body).toContain(SECRET);
};

it('raw bytes on either port crash nothing and learn nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('tls', 'readOnly'), fc.uint8Array({ minLength: 1, maxLength: 400 }), async (listener, bytes) => {
      const text = await exchange(listener as 'tls' | 'readOnly', bytes);
      expect(statusesIn(text).filter((status) => status < 400)).toEqual([]);
    }),
  );
  await stillServes();
});

it('requests of every shape without a good token get nothing from the TLS port', async () => {
  await fc.assert(
    fc.asyncProperty(httpRequest, async (bytes) => {
      const text = await exchange('tls', bytes);
      expect(text).not.toContain(SECRET);
      // 100 asks for the body that the client announced; nothing has been decided by then.
      expect(statusesIn(text).filter((status) => ![100, 400, 401, 405, 408, 413, 417, 431, 501, 505].includes(status))).toEqual([]);
    }),
  );
  await stillServes();
});

it('requests of every shape on the read-only port see public paths only', async () => {
  await fc.assert(
    fc.asyncProperty(httpRequest, async (bytes) => {
      const text = await exchange('readOnly', bytes);
      expect(text).not.toContain(SECRET);
      expect(statusesIn(text)).not.toContain(101);
    }),
  );
  await stillServes();
});

it('an admin with strange requests reaches no file outside the log directory and breaks nothing', async () => {
  await fc.assert(
    fc.asyncProperty(httpRequest, async (bytes) => {
      const [head = '', ...rest] = bytes.toString('latin1').split('\r\n');
      const text = await exchange('tls', Buffer.from([head, `Authorization: Bearer ${TOKEN}`, ...rest].join('\r\n'), 'latin1'));
      expect(text).not.toContain(TOKEN);
      expect(text).not.toContain('root:x:');
    }),
  );
  await stillServes();
});
