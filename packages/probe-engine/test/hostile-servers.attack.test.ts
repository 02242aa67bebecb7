import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { grpcHandler } from '../src/grpc/index.js';
import { execHandler, type ProbeOutcome, tcpSocketHandler } from '../src/index.js';
import { probeTarget } from '../src/testing/index.js';
import { END_HEADERS, END_STREAM, FRAME, fields, frame, message } from './http2-frames.js';

const FACTOR = Number(process.env['ATTACK_FACTOR'] ?? 1);
/** When an attempt is given up whose server neither answers nor goes, ms. */
const GIVE_UP_MS = 40;
const AT_ONCE = 10;
/** An output is shown in an event, and no longer than that of any other probe. */
const MAX_OUTPUT = 12 * 1024;
const MAX_TURN_MS = 1_000;

/** What a server says, and what it does then. */
interface Hostile {
  readonly parts: readonly Buffer[];
  /** Whether it begins as a server of HTTP/2 does, and waits for the request: what comes earlier is the end of the connection. */
  readonly polite?: boolean;
  readonly finish: 'close' | 'reset' | 'stay' | 'repeat';
}

let server: Server;
let next: Hostile[];
const sockets = new Set<Socket>();
const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);

beforeAll(async () => {
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    void speak(socket, next.shift() ?? { parts: [], finish: 'close' });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
  process.off('uncaughtException', note);
  process.off('unhandledRejection', note);
});
beforeEach(() => {
  next = [];
});

/** Resolves once the client has sent the header of a request, or is gone. */
const request = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    let text = Buffer.alloc(0);
    socket.on('close', () => resolve());
    socket.on('data', (chunk) => {
      text = Buffer.concat([text, chunk]).subarray(0, 100_000);
      for (let at = PREFACE_BYTES; at + 9 <= text.length; at += 9 + text.readUIntBE(at, 3)) if (text[at + 3] === FRAME.headers) resolve();
    });
  });
/** What clients begin with. */
const PREFACE_BYTES = 24;

const speak = async (socket: Socket, { parts, finish, polite = false }: Hostile): Promise<void> => {
  if (polite) {
    socket.write(settings);
    await request(socket);
  } else socket.resume();
  do {
    for (const part of parts) {
      if (socket.destroyed) return;
      if (!socket.write(part)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined);
    }
    await new Promise((resolve) => setImmediate(resolve));
  } while (finish === 'repeat' && parts.length > 0 && !socket.destroyed);
  if (finish === 'reset') socket.resetAndDestroy();
  else if (finish === 'close') socket.end();
};

const processorMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** Makes attempts at servers, some at a time, and checks of each that it ends in its time with an outcome that can be shown. */
const attack = async (servers: readonly Hostile[], attempt: (port: number, signal: AbortSignal) => Promise<ProbeOutcome>) => {
  const { port } = server.address() as AddressInfo;
  const results = new Map<string, number>();
  let [longestMs, lastMs] = [0, processorMs()];
  const turns = setInterval(() => {
    longestMs = Math.max(longestMs, processorMs() - lastMs);
    lastMs = processorMs();
  }, 5);
  for (let from = 0; from < servers.length; from += AT_ONCE) {
    const batch = servers.slice(from, from + AT_ONCE);
    next = [...batch];
    await Promise.all(
      batch.map(async () => {
        const signal = AbortSignal.timeout(GIVE_UP_MS);
        const { result, output } = await attempt(port, signal);
        results.set(result, (results.get(result) ?? 0) + 1);
        expect(output.length).toBeLessThanOrEqual(MAX_OUTPUT);
      }),
    );
  }
  clearInterval(turns);
  expect(longestMs).toBeLessThan(MAX_TURN_MS);
  expect(uncaught).toEqual([]);
  return results;
};

const OK = fields([':status', '200'], ['content-type', 'application/grpc']);
const SERVING = message(Buffer.from([8, 1]));
const settings = frame(FRAME.settings, 0, 0);
const bomb = gzipSync(Buffer.alloc(32 << 20));
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};

const stream = fc.constantFrom(1, 1, 1, 1, 0, 2, 3, 0x7fff_ffff);
const headerPair = fc.oneof(
  fc.constantFrom<[string, string]>(
    [':status', '200'],
    [':status', '503'],
    [':status', 'x'],
    ['content-type', 'application/grpc'],
    ['content-type', 'text/html'],
    ['grpc-encoding', 'gzip'],
    ['grpc-encoding', 'nonsense'],
    ['grpc-status', '0'],
    ['grpc-status', '12'],
    ['grpc-status', '99999999999999999999'],
    ['grpc-status', 'x'],
    ['grpc-message', '%00%ff%e0%80 \x1b[31m%'],
    ['grpc-message', 'm'.repeat(60_000)],
    ['grpc-status-details-bin', '!!!'],
    ['UPPER', 'x'],
    ['', ''],
    ['connection', 'close'],
    ['__proto__', 'x'],
  ),
  fc
    .tuple(fc.string({ unit: 'binary', maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 200 }))
    .map(([a, b]) => [a, b] as [string, string]),
);
const headers = fc
  .tuple(
    fc.array(headerPair, { maxLength: 6 }),
    fc.constantFrom(0, END_HEADERS, END_HEADERS, END_HEADERS | END_STREAM),
    stream,
    fc.boolean(),
  )
  .map(([pairs, flags, id, good]) => frame(FRAME.headers, flags, id, good ? Buffer.concat([OK, fields(...pairs)]) : fields(...pairs)));
const data = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(SERVING, message(Buffer.from([8, 9])), message(Buffer.alloc(0)), Buffer.alloc(0)),
      fc.constant(message(bomb.subarray(0, 16_000), 1, bomb.length)),
      fc.constant(message(Buffer.alloc(16_000), 0, 0xffff_ffff)),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => message(bytes)),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    ),
    fc.constantFrom(0, 0, END_STREAM, 8),
    stream,
  )
  .map(([bytes, flags, id]) => frame(FRAME.data, flags, id, bytes));
const control = fc.oneof(
  fc.constantFrom(
    frame(FRAME.settings, 0, 0, Buffer.concat([Buffer.from([0, 4]), u32(0xffff_ffff)])),
    frame(FRAME.settings, 0, 0, Buffer.concat([Buffer.from([0, 5]), u32(1)])),
    frame(FRAME.settings, 0, 0, Buffer.concat([Buffer.from([0, 1]), u32(0xffff_ffff)])),
    frame(FRAME.settings, 1, 0, u32(1)),
    frame(FRAME.ping, 0, 0, Buffer.alloc(8)),
    frame(FRAME.ping, 0, 0, Buffer.alloc(7)),
    frame(FRAME.rstStream, 0, 1, u32(0)),
    frame(FRAME.rstStream, 0, 1, u32(0xffff_ffff)),
    frame(FRAME.windowUpdate, 0, 0, u32(0x7fff_ffff)),
    frame(FRAME.windowUpdate, 0, 1, u32(0)),
    frame(FRAME.goAway, 0, 0, Buffer.concat([u32(0), u32(11), Buffer.alloc(10_000, 'x')])),
    frame(FRAME.pushPromise, END_HEADERS, 1, Buffer.concat([u32(2), OK])),
    frame(FRAME.continuation, 0, 1, fields(['x', 'y'.repeat(100)])),
    frame(FRAME.priority, 0, 1, Buffer.alloc(5)),
    frame(0xee, 0xff, 1, Buffer.alloc(100)),
    frame(FRAME.data, 8, 1, Buffer.from([255])),
    frame(FRAME.data, 0, 1, Buffer.alloc(10), 0xff_ffff),
  ),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', '\x16\x03\x01', 'SSH-2.0-x\r\n').map((text) => Buffer.from(text)),
);
const hostile: fc.Arbitrary<Hostile> = fc.record({
  polite: fc.constantFrom(true, true, true, false),
  parts: fc.array(fc.oneof(headers, data, control), { maxLength: 6 }),
  finish: fc.constantFrom('close', 'close', 'reset', 'stay', 'repeat'),
});

/** Those that a fuzzer does not find: each goes on and on. */
const endless: readonly (readonly [string, Hostile])[] = [
  [
    'headers',
    {
      parts: [frame(FRAME.headers, 0, 1, OK), ...many(frame(FRAME.continuation, 0, 1, fields(['x', 'y'.repeat(16_000)])))],
      finish: 'repeat',
    },
  ],
  [
    'names of headers',
    { parts: [frame(FRAME.headers, 0, 1, OK), ...many(frame(FRAME.continuation, 0, 1, fields(...pairs(500))))], finish: 'repeat' },
  ],
  ['empty continuations', { parts: [frame(FRAME.headers, 0, 1, OK), ...many(frame(FRAME.continuation, 0, 1))], finish: 'repeat' }],
  [
    'a message of 4 GiB',
    {
      parts: [
        frame(FRAME.headers, END_HEADERS, 1, OK),
        frame(FRAME.data, 0, 1, message(Buffer.alloc(16_000), 0, 0xffff_ffff)),
        ...many(frame(FRAME.data, 0, 1, Buffer.alloc(16_384))),
      ],
      finish: 'repeat',
    },
  ],
  ['messages', { parts: [frame(FRAME.headers, END_HEADERS, 1, OK), ...many(frame(FRAME.data, 0, 1, SERVING))], finish: 'repeat' }],
  ['empty data', { parts: [frame(FRAME.headers, END_HEADERS, 1, OK), ...many(frame(FRAME.data, 0, 1))], finish: 'repeat' }],
  [
    'a packed bomb',
    {
      parts: [
        frame(FRAME.headers, END_HEADERS, 1, Buffer.concat([OK, fields(['grpc-encoding', 'gzip'])])),
        ...split(message(bomb, 1)),
        frame(FRAME.headers, END_HEADERS | END_STREAM, 1, fields(['grpc-status', '0'])),
      ],
      finish: 'stay',
    },
  ],
  ['no trailers', { parts: [frame(FRAME.headers, END_HEADERS, 1, OK), frame(FRAME.data, END_STREAM, 1, SERVING)], finish: 'stay' }],
  ['pings', { parts: many(frame(FRAME.ping, 0, 0, Buffer.alloc(8))), finish: 'repeat' }],
  ['settings', { parts: many(settings), finish: 'repeat' }],
  ['resets', { parts: many(frame(FRAME.rstStream, 0, 1, u32(8))), finish: 'repeat' }],
  ['nothing', { polite: false, parts: [], finish: 'stay' }],
  ['its settings alone', { parts: [], finish: 'stay' }],
  ['informal answers', { parts: many(frame(FRAME.headers, END_HEADERS, 1, fields([':status', '103']))), finish: 'repeat' }],
];
function many(one: Buffer): readonly Buffer[] {
  return [Buffer.concat(Array.from({ length: 64 }, () => one))];
}
function pairs(count: number): readonly (readonly [string, string])[] {
  return Array.from({ length: count }, (_, index) => [`h${index}`, 'x'] as const);
}
function split(bytes: Buffer): readonly Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / 16_000) }, (_, index) =>
    frame(FRAME.data, 0, 1, bytes.subarray(index * 16_000, (index + 1) * 16_000)),
  );
}

const grpc = (port: number, signal: AbortSignal): Promise<ProbeOutcome> =>
  grpcHandler().probe({ port }, probeTarget({ probe: { grpc: { port }, timeoutSeconds: 1 } }), { signal }) as Promise<ProbeOutcome>;
const tcp = (port: number, signal: AbortSignal): Promise<ProbeOutcome> =>
  tcpSocketHandler().probe({ port }, probeTarget(), { signal }) as Promise<ProbeOutcome>;
/** Connections alone: a first use of this or that opens other descriptors, which stay. */
const connections = async (): Promise<number> => {
  const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
  return (await Promise.all(links)).filter((link) => link.startsWith('socket:')).length;
};

/** Servers let go of nothing by themselves: whose connections are still there after the attempts, holds them. */
const nothingIsLeft = (before: number): Promise<void> =>
  vi.waitFor(
    async () => {
      expect(sockets.size).toBe(0);
      // Fewer: those of an earlier attack have gone meanwhile.
      expect(await connections()).toBeLessThanOrEqual(before);
    },
    { timeout: 20_000 },
  );

it('a gRPC probe ends in its time, whatever frames its server sends', { timeout: 60_000 * FACTOR }, async () => {
  const before = await connections();
  // A server that answers as it should is a success, or the fuzzer would be none.
  const good: Hostile = {
    polite: true,
    parts: [
      frame(FRAME.headers, END_HEADERS, 1, OK),
      frame(FRAME.data, 0, 1, SERVING),
      frame(FRAME.headers, END_HEADERS | END_STREAM, 1, fields(['grpc-status', '0'])),
    ],
    finish: 'stay',
  };
  next = [good];
  const patient = new AbortController();
  expect(await grpc((server.address() as AddressInfo).port, patient.signal)).toEqual({ result: 'success', output: 'service healthy' });
  const results = await attack(fc.sample(hostile), grpc);
  expect(results.get('failure') ?? 0).toBeGreaterThan(100);
  await nothingIsLeft(before);
});

it.each(endless)('a gRPC probe of a server that sends %s, if need be without end, is a failure', async (_what, one) => {
  const before = await connections();
  const results = await attack(
    Array.from({ length: AT_ONCE }, () => ({ polite: true, ...one })),
    grpc,
  );
  await nothingIsLeft(before);
  expect([...results.keys()]).toEqual(['failure']);
});

it('a TCP probe connects and lets go, whatever is sent to it', async () => {
  const before = await connections();
  await attack(fc.sample(hostile), tcp);
  await nothingIsLeft(before);
});

it('an exec probe shows the beginning of what a command says, however much that is', async () => {
  const stdout = Buffer.alloc(16 << 20, 0xff);
  const handler = execHandler(async () => ({ type: 'exited', exitCode: 1, stdout, stderr: stdout }));
  const outcomes = await Promise.all(
    Array.from(
      { length: 100 },
      () =>
        handler.probe({ command: ['yes'] }, probeTarget({ probe: { exec: { command: ['yes'] } } }), {
          signal: new AbortController().signal,
        }) as Promise<ProbeOutcome>,
    ),
  );
  for (const { result, output } of outcomes) {
    expect(result).toBe('failure');
    expect(output.length).toBeLessThanOrEqual(MAX_OUTPUT);
  }
});
