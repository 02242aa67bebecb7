import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { mqttProbe } from '../src/index.js';

/** What a container's broker does to a connection of a probe. */
type Broker = (socket: Socket) => void;

const sockets = new Set<Socket>();
let server: Server;
let broker: Broker;
beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    broker(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const LIMIT_MS = 3_000;
const probe = async (more: object = {}) => {
  const { port } = server.address() as AddressInfo;
  const target = {
    pod: 'default/broker',
    podUid: 'u',
    containerName: 'mqtt',
    containerId: 'c',
    kind: 'readiness',
    podIp: '127.0.0.1',
    host: '127.0.0.1',
    ports: [],
    timeoutMs: LIMIT_MS,
  } as const;
  return mqttProbe.probe(mqttProbe.validate({ port, topic: 't', ...more }), target, { signal: AbortSignal.timeout(LIMIT_MS) });
};

const packet = (said: Packet, protocolVersion: 4 | 5 = 4): Buffer => generate(said, { protocolVersion }) as Buffer;
const CONNACK = packet({ cmd: 'connack', returnCode: 0, sessionPresent: false });
const SUBACK = packet({ cmd: 'suback', messageId: 1, granted: [0] });
const publish = (payload: string, retain: boolean): Buffer => packet({ cmd: 'publish', topic: 't', payload, qos: 0, dup: false, retain });
const many = (bytes: Buffer, total = 65_536): Buffer => Buffer.concat(Array.from({ length: Math.ceil(total / bytes.length) }, () => bytes));
/** Says something, and then something else for as long as somebody takes it. */
const endlessly =
  (first: Buffer, rest: Buffer): Broker =>
  (socket) => {
    socket.write(first);
    const more = (): void => {
      while (!socket.destroyed && socket.write(rest));
      if (!socket.destroyed) socket.once('drain', more);
    };
    socket.resume();
    more();
  };
const header = (type: number, length: number): Buffer =>
  Buffer.from([type, (length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, ((length >> 14) & 0x7f) | 0x80, length >> 21]);
const BIGGEST = 268_435_455;
const ZEROS = Buffer.alloc(65_536);

const hostile: readonly (readonly [string, Broker, RegExp])[] = [
  ['says nothing', (socket) => socket.resume(), /timed out waiting for the answer to CONNECT/],
  ['takes the connection twice', (socket) => socket.resume().write(Buffer.concat([CONNACK, CONNACK])), /accepted one connection twice/],
  ['takes the connection without end', endlessly(CONNACK, many(CONNACK)), /accepted one connection twice/],
  ['begins a packet of 256 MiB and sends it', endlessly(header(0x20, BIGGEST), ZEROS), /said more than 524288 bytes/],
  ['begins a message of 256 MiB and sends it', endlessly(Buffer.concat([CONNACK, SUBACK, header(0x31, BIGGEST)]), ZEROS), /said more than/],
  [
    'sends messages that are not kept, without end',
    endlessly(Buffer.concat([CONNACK, SUBACK]), many(publish('x', false))),
    /sent more than/,
  ],
  ['sends pings without end', endlessly(CONNACK, many(Buffer.from([0xd0, 0]))), /sent more than/],
  ['sends acknowledgements of everything', endlessly(CONNACK, many(SUBACK)), /sent more than/],
  ['sends a length without end', endlessly(Buffer.from([0x20]), Buffer.alloc(65_536, 0xff)), /not MQTT/],
  ['sends a byte now and then', dripping(CONNACK), /timed out|retained message/],
  ['speaks HTTP', (socket) => socket.resume().end('HTTP/1.1 200 OK\r\n\r\n'), /not MQTT|closed the connection|timed out/],
];
function dripping(bytes: Buffer): Broker {
  return (socket) => {
    socket.resume();
    let at = 0;
    const timer = setInterval(() => socket.write(bytes.subarray(at, ++at)), 300);
    socket.on('close', () => clearInterval(timer));
  };
}

it.each(hostile)('a broker that %s is a failure in time, and leaves no connection', async (_what, next, output) => {
  broker = next;
  const before = process.memoryUsage.rss();
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss() - before);
  }, 10);
  const startMs = performance.now();
  const outcomes = await Promise.all(Array.from({ length: 16 }, () => probe()));
  clearInterval(look);
  for (const outcome of outcomes) expect(outcome).toEqual({ result: 'failure', output: expect.stringMatching(output) });
  // The brokers are in this process, too: their time counts.
  expect(performance.now() - startMs).toBeLessThan(LIMIT_MS * 4);
  expect(peak / 2 ** 20).toBeLessThan(60);
  await vi.waitFor(() => expect(sockets.size).toBe(0), { timeout: 10_000 });
});

it('a broker of MQTT 5 with properties without end is a failure in bounded memory', async () => {
  const properties = many(Buffer.from([0x26, 0, 3, 0x61, 0x62, 0x63, 0, 1, 0x64]), 500_000);
  const length = properties.length + 2 + 4;
  const lengthOf = (count: number): Buffer => header(0, count).subarray(1);
  broker = endlessly(Buffer.concat([header(0x20, length), Buffer.from([0, 0]), lengthOf(properties.length), properties]), ZEROS);
  const { result } = await probe({ protocolVersion: 5 });
  expect(result).toBe('failure');
  await vi.waitFor(() => expect(sockets.size).toBe(0), { timeout: 10_000 });
});

it('a broker that answers anything at all is a result in time', async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(CONNACK, SUBACK, publish('x', true), publish('x', false), Buffer.from([0xd0, 0]), Buffer.from([0xe0, 0])),
    fc.nat(BIGGEST).map((length) => header(0x31, length)),
  );
  const said = fc.tuple(fc.array(piece, { maxLength: 6 }), fc.boolean());
  for (const version of [4, 5] as const) {
    const samples = fc.sample(said);
    for (let at = 0; at < samples.length; at += 50) {
      const group = samples.slice(at, at + 50);
      let taken = 0;
      broker = (socket) => {
        const [pieces, ends] = group[taken++ % group.length]!;
        socket.resume().write(Buffer.concat([Buffer.alloc(0), ...pieces]));
        if (ends) socket.end();
      };
      const outcomes = await Promise.all(group.map(() => probe({ protocolVersion: version })));
      for (const { result, output } of outcomes) {
        expect(['success', 'failure']).toContain(result);
        expect(output.length).toBeLessThan(2_000);
      }
    }
  }
  await vi.waitFor(() => expect(sockets.size).toBe(0), { timeout: 10_000 });
});
