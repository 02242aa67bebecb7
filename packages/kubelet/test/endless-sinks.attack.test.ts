import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { generate } from 'mqtt-packet';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseEventSink } from '../src/event-sinks/core/parse-event-sink.js';
import { openSink } from '../src/event-sinks/open-sink.js';

const sockets = new Set<Socket>();
let server: Server;
let port: number;
let attack: (socket: Socket) => void;
beforeEach(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    attack(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** As much as may wait for a sink. */
const BATCH = Array.from({ length: 100 }, (_, at) => JSON.stringify({ kind: 'Event', id: at, message: 'x'.repeat(40_000) }));
/** One delivery: why it failed, how long it took, and what it took of memory at most, MiB. */
const deliver = async (url: string, limitMs: number, events = BATCH) => {
  const sink = parseEventSink(url);
  if ('error' in sink) throw new Error(sink.error);
  const opened = openSink(sink, { nodeName: 'n' });
  const before = process.memoryUsage.rss();
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss() - before);
  }, 5);
  const startMs = performance.now();
  const failure: unknown = await opened.deliver(events, { signal: AbortSignal.timeout(limitMs) }).catch((error: unknown) => error);
  clearInterval(look);
  opened.close();
  return { failure: failure === undefined ? undefined : String(failure), tookMs: performance.now() - startMs, peakMib: peak / 2 ** 20 };
};
const nothingIsLeft = (): Promise<void> => vi.waitFor(() => expect(sockets.size).toBe(0), { timeout: 15_000 });
const endlessly = (socket: Socket, first: Buffer | string, rest: Buffer | string): void => {
  socket.write(first);
  const more = (): void => {
    while (!socket.destroyed && socket.write(rest));
    if (!socket.destroyed) socket.once('drain', more);
  };
  more();
};
const many = (bytes: Buffer, total = 65_536): Buffer => Buffer.concat(Array.from({ length: Math.ceil(total / bytes.length) }, () => bytes));

describe('a broker', () => {
  const CONNACK = generate({ cmd: 'connack', returnCode: 0, sessionPresent: false }) as Buffer;
  const acks = Buffer.concat(BATCH.map((_, at) => generate({ cmd: 'puback', messageId: at + 1 }) as Buffer));

  it.each([0, 1])('that accepts a connection without end is sent a batch once, with QoS %i', async (qos) => {
    let read = 0;
    attack = (socket) => {
      socket.on('data', (data) => {
        read += data.length;
      });
      endlessly(socket, CONNACK, many(CONNACK));
    };
    const { failure, peakMib } = await deliver(`mqtt://127.0.0.1:${port}/t#qos=${qos}`, 10_000);
    expect(failure).toMatch(/accepts one connection twice/);
    expect(read).toBeLessThan(2 * BATCH.join('').length);
    expect(peakMib).toBeLessThan(60);
    await nothingIsLeft();
  });

  it('that acknowledges what it never reads is left soon', async () => {
    let read = 0;
    attack = (socket) => {
      socket.pause();
      socket.on('data', (data) => {
        read += data.length;
      });
      socket.pause();
      socket.write(Buffer.concat([CONNACK, acks]));
    };
    const { failure } = await deliver(`mqtt://127.0.0.1:${port}/t`, 10_000);
    expect(failure).toBeUndefined();
    // Only whoever reads sees that the other has gone.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    for (const socket of sockets) socket.resume();
    await nothingIsLeft();
    expect(read).toBeLessThan(BATCH.join('').length);
  });

  it.each<[string, Buffer, Buffer, RegExp]>([
    [
      'messages',
      CONNACK,
      many(generate({ cmd: 'publish', topic: 't', payload: 'x', qos: 0, dup: false, retain: false }) as Buffer),
      /answers more than/,
    ],
    ['pings', CONNACK, many(Buffer.from([0xd0, 0])), /answers more than/],
    ['acknowledgements of one message', CONNACK, many(generate({ cmd: 'puback', messageId: 1 }) as Buffer), /answers more than/],
    ['a packet of 256 MiB', Buffer.from([0x20, 0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(65_536), /answers more than/],
  ])('that sends %s without end is given up', async (_what, first, rest, message) => {
    attack = (socket) => {
      socket.resume();
      endlessly(socket, first, rest);
    };
    const { failure, peakMib } = await deliver(`mqtt://127.0.0.1:${port}/t`, 10_000);
    expect(failure).toMatch(message);
    expect(peakMib).toBeLessThan(60);
    await nothingIsLeft();
  });

  it('that speaks no TLS, or another’s, gets no event', async () => {
    let heard = '';
    attack = (socket) => {
      socket.on('data', (data) => {
        heard += data.toString('latin1');
      });
      socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    };
    const { failure } = await deliver(`mqtts://localhost:${port}/t`, 10_000);
    expect(failure).toBeDefined();
    expect(heard).not.toContain('"kind":"Event"');
    await nothingIsLeft();
  });
});

const OK = 'HTTP/1.1 200 OK\r\n';
const INTERIM = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n';
const drip = (socket: Socket, text: string): void => {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++ % text.length] ?? 'x'), 100);
  socket.on('close', () => clearInterval(timer));
};

/** `fails`: undefined where the answer counts before what is wrong with it. */
const servers: readonly (readonly [string, (socket: Socket) => void, RegExp | undefined])[] = [
  ['gives interim answers without end', (socket) => endlessly(socket, '', INTERIM.repeat(1_000)), /more than 20 interim answers/],
  ['gives interim answers now and then', (socket) => drip(socket, INTERIM), /timeout|aborted|interim/],
  ['sends headers without end', (socket) => endlessly(socket, OK, 'a: b\r\n'.repeat(10_000)), /Header/i],
  ['sends one header without end', (socket) => endlessly(socket, `${OK}a: `, 'b'.repeat(65_536)), /Header/i],
  ['sends a status line without end', (socket) => endlessly(socket, 'HTTP/1.1 200 ', 'b'.repeat(65_536)), /./],
  ['sends a byte now and then', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\na: b\r\n'), /timeout|aborted|Header/i],
  ['switches protocols', (socket) => endlessly(socket, 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n', 'x'.repeat(65_536)), /./],
  [
    'says that its answer goes on for ever',
    (socket) => endlessly(socket, `${OK}content-length: 99999999999\r\n\r\n`, 'x'.repeat(65_536)),
    undefined,
  ],
  ['names a chunk without end', (socket) => endlessly(socket, `${OK}transfer-encoding: chunked\r\n\r\n1;`, 'x'.repeat(65_536)), undefined],
  ['sends a chunk of a negative size', (socket) => socket.write(`${OK}transfer-encoding: chunked\r\n\r\n-6\r\nx`), undefined],
  [
    'sends trailers without end',
    (socket) => endlessly(socket, `${OK}transfer-encoding: chunked\r\n\r\n0\r\n`, 'a: b\r\n'.repeat(10_000)),
    undefined,
  ],
  ['redirects to itself', (socket) => socket.write('HTTP/1.1 307 Temporary\r\nlocation: /\r\ncontent-length: 0\r\n\r\n'), /307; redirects/],
  ['hangs up', (socket) => socket.destroy(), /./],
  ['hangs up in the middle', (socket) => socket.end('HTTP/1.1 20'), /./],
  ['says nothing', () => {}, /timeout|aborted/],
];
describe.each(['http', 'otlp+http'])('a server of %s', (scheme) => {
  it.each(servers)('that %s holds nothing up, and takes no memory', async (_what, hostile, fails) => {
    attack = (socket) => {
      socket.resume();
      socket.once('data', () => hostile(socket));
    };
    const { failure, tookMs, peakMib } = await deliver(`${scheme}://127.0.0.1:${port}/in`, 5_000, BATCH.slice(0, 2));
    if (fails !== undefined) expect(failure).toMatch(fails);
    expect(tookMs).toBeLessThan(10_000);
    expect(peakMib).toBeLessThan(60);
    await nothingIsLeft();
  });
});
