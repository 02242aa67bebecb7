import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeCri, type FakeCri } from '@solo-kubelet/cri-client/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ask, fakeView, pod, startApi, type TestApi, watchable } from './api.js';
import { openRaw, statusesIn, type Where } from './raw-socket.js';

const TOKEN = 'admin-token-0123456789ab';
const PATIENCE = { timeout: 10_000, interval: 20 };
/** Timers of vi.waitFor itself. */
const WAITING_TIMERS = 2;
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n';

let directory: string;
let fake: FakeCri;
let test: TestApi;
let runtimeSockets: Socket[];
let healthChecks: number;
let sockets: Socket[];

const countCheck = (): undefined => {
  healthChecks += 1;
};
/** Told that the other side has ended, one way or the other: a reset, when our last bytes came too late, is one of them. */
const ended = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    for (const event of ['end', 'close']) socket.once(event, () => resolve());
  });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-worst-'));
  const tokenFile = join(directory, 'tokens.csv');
  await writeFile(tokenFile, `${TOKEN},boss,admin\n`);
  runtimeSockets = [];
  sockets = [];
  healthChecks = 0;
  fake = await createFakeCri({
    images: [{ tags: ['app:1'] }],
    streams: (_call, _request, socket) => {
      runtimeSockets.push(socket as Socket);
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
    },
  });
  test = await startApi({
    endpoint: fake.endpoint,
    port: 0,
    readOnlyPort: 0,
    healthz: { address: '127.0.0.1', port: 0 },
    tokenFile,
    headerTimeoutMs: 300,
    view: fakeView({
      // Some 6 MB of answer, which no socket buffer takes in.
      pods: watchable([pod('web'), { ...pod('large'), metadata: { ...pod('large').metadata, annotations: { a: 'x'.repeat(6_000_000) } } }]),
      healthChecks: [{ name: 'counted', check: countCheck }],
    }),
  });
  const labels = { 'io.kubernetes.pod.name': 'web', 'io.kubernetes.pod.namespace': 'default', 'io.kubernetes.pod.uid': 'uid-web' };
  const config = { metadata: { name: 'web', namespace: 'default', uid: 'uid-web', attempt: 0 }, labels };
  const { podSandboxId } = await test.cri.runtime.runPodSandbox({ config });
  const { containerId } = await test.cri.runtime.createContainer({
    podSandboxId,
    sandboxConfig: config,
    config: {
      metadata: { name: 'app', attempt: 0 },
      image: { image: 'app:1' },
      labels: { ...labels, 'io.kubernetes.container.name': 'app' },
    },
  });
  await test.cri.runtime.startContainer({ containerId });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await test[Symbol.asyncDispose]();
  await fake.close();
  await rm(directory, { recursive: true, force: true });
});

const port = (listener: 'tls' | 'readOnly' | 'healthz'): number => test.api.listeners[listener]?.port ?? 0;
const where = (listener: 'tls' | 'readOnly' | 'healthz'): Where => ({ port: port(listener), ...(listener === 'tls' ? { tls: {} } : {}) });

/** A client that sends something, reads or does not, and never ends its half. */
const client = (listener: 'tls' | 'readOnly' | 'healthz', bytes: string, reads = true): { readonly socket: Socket; text(): string } => {
  const socket = openRaw(where(listener));
  sockets.push(socket);
  let text = '';
  // A stream that is not allowed to end by itself: only the server ends this connection.
  socket.allowHalfOpen = true;
  if (reads)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
  else socket.pause();
  if (bytes !== '') socket.write(bytes);
  return { socket, text: () => text };
};

/** Descriptors of this process that are sockets: client and server sides alike. */
const openSockets = (): number => process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Pipe/.test(name)).length;
const descriptors = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

it.each([
  ['tls', 'a bad head', 'NONSENSE\r\n\r\n', 400],
  ['readOnly', 'a bad head', 'NONSENSE\r\n\r\n', 400],
  ['tls', 'an upgrade without credentials', `GET /exec/default/web/app?output=1 HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n`, 401],
  [
    'tls',
    'an upgrade that makes no sense',
    `GET /exec/default/web/app HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n${UPGRADE}\r\n`,
    400,
  ],
  ['readOnly', 'a debugging path', `GET /exec/default/web/app HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n`, 405],
  ['healthz', 'a path that is not there', `GET /exec/default/web/app HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n`, 404],
] as const)('%s: after %s the connection is destroyed, though the client keeps its half', async (listener, _what, bytes, status) => {
  const before = await descriptors();
  const clients = Array.from({ length: 20 }, () => client(listener, bytes));
  await Promise.all(clients.map(({ socket }) => ended(socket)));
  expect(new Set(clients.flatMap(({ text }) => statusesIn(text())))).toEqual(new Set([status]));
  // The server's side is gone while the clients' halves are still open.
  await vi.waitFor(async () => expect(await descriptors()).toBeLessThanOrEqual(before + clients.length + 2), PATIENCE);
});

it('answers pipelined requests one at a time, in order', async () => {
  const requests = ['/healthz?verbose', '/healthz/ping', '/nothing', '/healthz'].map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  const { socket, text } = client('readOnly', requests.join(''));
  await vi.waitFor(() => expect(statusesIn(text())).toEqual([200, 200, 404, 200]), PATIENCE);
  socket.destroy();
});

it('disconnects a client that sends thousands of requests ahead, having answered few', async () => {
  const { socket } = client('readOnly', 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2_000));
  await ended(socket);
  expect(healthChecks).toBeLessThan(50);
  expect((await ask({ port: port('readOnly'), path: '/healthz' })).body).toBe('ok');
});

it('disconnects a client that does not read its answer', async () => {
  const before = await descriptors();
  const clients = Array.from({ length: 20 }, () => client('readOnly', 'GET /pods HTTP/1.1\r\nHost: x\r\n\r\n', false));
  await vi.waitFor(async () => expect(await descriptors()).toBeGreaterThan(before + clients.length + 2), PATIENCE);
  await vi.waitFor(async () => expect(await descriptors()).toBeLessThanOrEqual(before + clients.length + 2), PATIENCE);
});

it('a stream with nothing to tell is not a client that does not read', async () => {
  const { socket, text } = client('readOnly', 'GET /pods?watch=true HTTP/1.1\r\nHost: x\r\n\r\n');
  await vi.waitFor(() => expect(text().length).toBeGreaterThan(6_000_000), PATIENCE);
  // Three times the limit of this server, in requests of others.
  const sinceMs = performance.now();
  while (performance.now() - sinceMs < 2_700) await ask({ port: port('healthz'), path: '/healthz' });
  expect(socket.destroyed).toBe(false);
});

it.each(['client', 'runtime'] as const)('a session ends on both sides when the %s ends its own', async (side) => {
  const head = `POST /exec/default/web/app?output=1&command=sh HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n${UPGRADE}\r\n`;
  const before = await descriptors();
  const { socket, text } = client('tls', head);
  await vi.waitFor(() => expect(statusesIn(text())).toEqual([101]), PATIENCE);
  const [runtime] = runtimeSockets as [Socket];
  if (side === 'client') {
    socket.end('last words');
    await ended(runtime.resume());
  } else {
    runtime.end('last words');
    await once(socket, 'end');
    expect(text()).toMatch(/last words$/);
    socket.destroy();
  }
  runtime.destroy();
  await vi.waitFor(async () => expect(await descriptors()).toBeLessThanOrEqual(before + 1), PATIENCE);
});

it('connections of strangers, past what one address may have, lock nobody out; afterwards nothing of them is left', async () => {
  const [descriptorsBefore, timersBefore] = [await descriptors(), timers()];
  for (const listener of ['tls', 'readOnly', 'healthz'] as const) {
    for (let index = 0; index < 280; index += 1) {
      const kind = index % 5;
      const bytes = [
        '',
        'GET /healthz HTT',
        'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n',
        'POST /healthz HTTP/1.1\r\nContent-Length: 9\r\n\r\na',
        '\0\0',
      ];
      client(listener, bytes[kind] ?? '', kind !== 2);
    }
    const headers = listener === 'tls' ? { authorization: `Bearer ${TOKEN}` } : {};
    const answer = await ask({ tls: listener === 'tls', port: port(listener), path: '/healthz', headers });
    expect([listener, answer.status]).toEqual([listener, 200]);
  }
  for (const socket of sockets) socket.destroy();
  await vi.waitFor(async () => {
    expect(await descriptors()).toBeLessThanOrEqual(descriptorsBefore);
    expect(timers()).toBeLessThanOrEqual(timersBefore + WAITING_TIMERS);
    expect(openSockets()).toBeLessThanOrEqual(10);
  }, PATIENCE);
});

it('one known client keeps its connection while strangers come and go', async () => {
  const known = openRaw({ port: port('tls'), tls: {} });
  sockets.push(known);
  const request = `GET /healthz HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`;
  let text = '';
  known.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  known.write(request);
  await vi.waitFor(() => expect(statusesIn(text)).toEqual([200]), PATIENCE);
  for (let index = 0; index < 300; index += 1) {
    const { socket } = client('readOnly', '');
    await once(socket, 'connect');
  }
  for (let index = 0; index < 300; index += 1) sockets.push(openRaw({ port: port('tls') }));
  known.write(request);
  await vi.waitFor(() => expect(statusesIn(text)).toEqual([200, 200]), PATIENCE);
});
