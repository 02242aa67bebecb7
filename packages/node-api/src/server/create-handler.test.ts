import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createHandler } from './create-handler.js';
import type { FlowControl } from './flow-control.js';
import { sendText } from './http-error.js';

/** What waits for its turn, by what it costs. */
let asked: { readonly cost: number; readonly start: () => void; takenBack: boolean }[];
let server: Server;
let handled: number;
let letIn: boolean;
let full: boolean;

const flowControl: FlowControl = {
  admit: (_peer, cost, start) => {
    if (full) return undefined;
    const one = { cost, start, takenBack: false };
    asked.push(one);
    return () => {
      one.takenBack = true;
    };
  },
  get waiting() {
    return asked.length;
  },
};
const healthChecks: FlowControl = {
  admit: (_peer, _cost, start) => {
    start();
    return () => {};
  },
  waiting: 0,
};

beforeEach(async () => {
  [asked, handled, letIn, full] = [[], 0, true, false];
  const page = { methods: ['GET'], role: 'read' } as const;
  const handler = createHandler({
    routes: [
      { ...page, path: '/healthz', isHealthCheck: true, handle: ({ response }) => sendText(response, 200, 'ok') },
      {
        ...page,
        path: '/session',
        upgrade: async ({ socket }) => {
          handled += 1;
          for await (const sent of socket) socket.end(sent);
        },
      },
      {
        ...page,
        path: '/dear',
        cost: 5,
        handle: ({ response }) => {
          handled += 1;
          sendText(response, 200, 'much');
        },
      },
    ],
    gate: { authenticate: () => (letIn ? { name: 'somebody', groups: [] } : undefined), refuse: () => undefined },
    logger: silentLogger,
    signal: new AbortController().signal,
    flowControls: { healthChecks, others: flowControl },
  });
  server = createServer(handler.request).on('upgrade', handler.upgrade);
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const url = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
const nextTurn = async (count: number) => {
  await vi.waitFor(() => expect(asked).toHaveLength(count));
  return asked[count - 1]!;
};

it('asks for the turn of an ordinary request first, and for the rest of what a dear one costs once its client is let in', async () => {
  const answer = fetch(url('/dear'));
  const first = await nextTurn(1);
  expect(first.cost).toBe(1);
  first.start();
  const second = await nextTurn(2);
  expect([second.cost, handled]).toEqual([4, 0]);
  second.start();
  expect(await (await answer).text()).toBe('much');
});

it('answers a stranger without asking for more', async () => {
  letIn = false;
  const answer = fetch(url('/dear'));
  (await nextTurn(1)).start();
  expect((await answer).status).toBe(401);
  expect(asked).toHaveLength(1);
});

it('lets health checks wait among their like alone', async () => {
  const waits = fetch(url('/dear')).catch(() => {});
  await nextTurn(1);
  expect(await (await fetch(url('/healthz'))).text()).toBe('ok');
  server.closeAllConnections();
  await waits;
});

it('takes a request back whose client leaves while it waits', async () => {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('GET /dear HTTP/1.1\r\nHost: x\r\n\r\n');
  const waiting = await nextTurn(1);
  socket.destroy();
  await vi.waitFor(() => expect(waiting.takenBack).toBe(true));
  expect(handled).toBe(0);
});

const UPGRADE = 'GET /session HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n';

it('takes an upgrade back whose client leaves while it waits', async () => {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(UPGRADE);
  const waiting = await nextTurn(1);
  const closed = once(socket.resume(), 'close');
  socket.end();
  await vi.waitFor(() => expect(waiting.takenBack).toBe(true));
  await closed;
  expect(handled).toBe(0);
});

it('hands over what the client of an upgrade sends while it waits', async () => {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const chunks = socket.toArray();
  socket.write(UPGRADE);
  const waiting = await nextTurn(1);
  socket.write('early');
  // Whoever asks next is heard after what was sent before.
  await fetch(url('/healthz'));
  waiting.start();
  expect(Buffer.concat(await chunks).toString()).toBe('early');
  expect([handled, waiting.takenBack]).toEqual([1, false]);
});

it('answers 429 where too many wait already', async () => {
  full = true;
  const answer = await fetch(url('/dear'));
  expect([answer.status, answer.headers.get('retry-after'), handled]).toEqual([429, '1', 0]);
});
