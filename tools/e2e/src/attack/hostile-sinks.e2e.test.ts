import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { dropAll, removeAll, STAY } from '../lifecycle/watching.js';

/** What a kubelet may take more for any attack, and what a dozen Pods that start at once take of their own, MiB. */
const ROOM_MIB = 60 + 30;
const PODS = 12;
const SIGNAL = { signal: new AbortController().signal };

const CONNACK = Buffer.from([0x20, 2, 0, 0]);
const endlessly = (socket: Socket, first: Buffer | string, rest: Buffer | string): void => {
  socket.write(first);
  const more = (): void => {
    while (!socket.destroyed && socket.write(rest));
    if (!socket.destroyed) socket.once('drain', more);
  };
  more();
};
/** Sinks that mean ill, by scheme. */
const hostile: readonly (readonly [string, (socket: Socket) => void])[] = [
  ['mqtt', (socket) => endlessly(socket.resume(), CONNACK, Buffer.alloc(65_536, CONNACK))],
  ['mqtt', (socket) => endlessly(socket.resume(), Buffer.from([0x20, 0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(65_536))],
  ['mqtt', (socket) => void socket.pause().write(CONNACK)],
  ['http', (socket) => endlessly(socket.resume(), '', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1_000))],
  ['http', (socket) => endlessly(socket.resume(), 'HTTP/1.1 200 OK\r\n', 'a: b\r\n'.repeat(10_000))],
  ['otlp+http', (socket) => endlessly(socket.resume(), 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;', 'x'.repeat(65_536))],
  ['otlp+http', (socket) => void socket.resume()],
  ['http', (socket) => void socket.destroy()],
];

const servers: Server[] = [];
const delivered = new Set<string>();
let asked = 0;
let node: TestNode;
const listening = async (server: Server): Promise<number> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};
beforeAll(async () => {
  const good = await listening(
    createHttpServer((request, response) => {
      let text = '';
      request.on('data', (part) => {
        text += part;
      });
      request.on('end', () => {
        const { items } = JSON.parse(text) as { readonly items: readonly { readonly metadata: { readonly name: string } }[] };
        for (const { metadata } of items) delivered.add(metadata.name);
        response.writeHead(204).end();
      });
    }),
  );
  const sinks = [`http://127.0.0.1:${good}/`];
  for (const [scheme, attack] of hostile) {
    const port = await listening(
      createServer((socket) => {
        asked += 1;
        socket.on('error', () => {});
        attack(socket);
      }),
    );
    sinks.push(`${scheme}://127.0.0.1:${port}/t`);
  }
  node = await startNode({ flags: sinks.flatMap((sink) => ['--event-sink', sink]) });
});
afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  for (const server of servers) server.close();
});

const resident = async (): Promise<number> => {
  const status = await readFile(`/proc/${node.kubelet().pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
};

it('sinks that mean ill hold neither the kubelet up nor a sink that takes events, and take no memory', async () => {
  await dropAll(node, podManifest('first', { containers: [script('app', STAY)] }));
  await node.pod('first', isRunning);
  await waitFor(async () => asked >= hostile.length, { what: 'every sink to be asked' });
  const before = await resident();
  const names = Array.from({ length: PODS }, (_, at) => `pod-${at}`);
  await dropAll(node, ...names.map((name) => podManifest(name, { containers: [script('app', STAY)] })));
  for (const name of names) await node.pod(name, isRunning);
  const events = (await node.api.listEvents(SIGNAL)).map((event) => event.metadata?.name ?? '');
  expect(events.length).toBeGreaterThan(PODS * 3);
  await waitFor(async () => events.every((name) => delivered.has(name)), { what: 'all events at the sink that takes them' });
  const peak = await resident();
  console.log(`resident: ${before.toFixed(0)} MiB once each sink was tried, ${peak.toFixed(0)} MiB at most; ${asked} connections`);
  expect(peak - before).toBeLessThan(ROOM_MIB);
  // Each is left alone for longer and longer.
  expect(asked).toBeLessThan(hostile.length * 25);
  await removeAll(node, 'first', ...names);
});
