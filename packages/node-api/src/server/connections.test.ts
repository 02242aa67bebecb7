import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { beforeEach, expect, it } from 'vitest';
import { closeAfterFlush, hasSaidAll } from './close-after-flush.js';
import { type Connections, createConnections } from './connections.js';

let nowMs: number;
let known: Set<Duplex>;
let connections: Connections;
let lastPort: number;

beforeEach(() => {
  nowMs = 0;
  lastPort = 0;
  known = new Set();
  connections = createConnections({ total: 4, perPeer: 3 }, { isKnown: (socket) => known.has(socket), now: () => nowMs });
});

/** A connection from an address, let in as far as there is room. */
const connection = (remoteAddress: string): Socket => {
  lastPort += 1;
  const socket = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
  const raw = Object.assign(socket, { remoteAddress, remotePort: lastPort }) as unknown as Socket;
  connections.admit(raw);
  return raw;
};
const ended = (sockets: readonly Socket[]): readonly number[] => sockets.flatMap(({ destroyed }, index) => (destroyed ? [index] : []));

it('the oldest stranger that asks for nothing makes room, first among its own address', () => {
  const others = [connection('a')];
  const crowd = [connection('b'), connection('b'), connection('b'), connection('b')];
  expect([ended(others), ended(crowd)]).toEqual([[], [0]]);
  connection('c');
  expect([ended(others), ended(crowd)]).toEqual([[0], [0]]);
});

it('a stranger that was told all makes room before one that asks for nothing', async () => {
  const sockets = [connection('a'), connection('b'), connection('c'), connection('d')];
  for (const socket of sockets.slice(1)) connections.occupy(socket);
  const [, , refused] = sockets as [Socket, Socket, Socket, Socket];
  closeAfterFlush(refused, 'no');
  await new Promise((resolve) => refused.once('finish', resolve));
  expect(hasSaidAll(refused)).toBe(true);
  connection('e');
  expect(ended(sockets)).toEqual([2]);
});

it('who is answered keeps the place for a while; then it is the oldest of the address that has most', () => {
  const sockets = [connection('a'), connection('b'), connection('b'), connection('c')];
  for (const socket of sockets) connections.occupy(socket);
  expect(connection('d').destroyed).toBe(true);
  expect(ended(sockets)).toEqual([]);
  nowMs = 5_001;
  expect(connection('d').destroyed).toBe(false);
  expect(ended(sockets)).toEqual([1]);
});

it('who has shown good credentials makes room for nobody', () => {
  const sockets = [connection('a'), connection('a'), connection('a')];
  for (const socket of sockets) known.add(socket);
  nowMs = 10_000;
  expect(connection('a').destroyed).toBe(true);
  expect(connection('b').destroyed).toBe(false);
  expect(ended(sockets)).toEqual([]);
});

it('a connection that ends leaves its place', async () => {
  const sockets = [connection('a'), connection('a'), connection('a')];
  for (const socket of sockets) connections.occupy(socket);
  sockets[0]?.destroy();
  await new Promise((resolve) => sockets[0]?.once('close', resolve));
  expect(connection('a').destroyed).toBe(false);
  expect(connections.all()).toHaveLength(3);
});
