import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Duplex, PassThrough, Writable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openPortStream, runRemoteCommand } from '../src/streaming/index.js';
import { createSpdyConnection } from '../src/streaming/spdy-connection.js';
import { createFrameReader, dataFrame, pingFrame, rstStreamFrame } from '../src/streaming/spdy-frames.js';

const UPGRADED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n';
const SUCCESS = Buffer.from('{"status":"Success"}');
const MEBIBYTE = 1 << 20;
/** Streams in the order in which a session with a terminal opens them, and one that nobody opened. */
const [ERROR, STDIN, STDOUT, RESIZE, UNKNOWN] = [1, 3, 5, 7, 99];

let server: Server;
let sockets: Set<Socket>;
let port: number;
/** What a session meets after its request. */
let peer: (socket: Socket) => void;
let uncaught: unknown[];
const note = (error: unknown): void => void uncaught.push(error);

beforeEach(async () => {
  sockets = new Set();
  uncaught = [];
  process.on('uncaughtExceptionMonitor', note);
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    socket.once('data', () => peer(socket));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  port = (server.address() as { port: number }).port;
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  process.off('uncaughtExceptionMonitor', note);
  expect(uncaught).toEqual([]);
});

const endpoint = () => ({ protocol: 'http:', connection: { host: '127.0.0.1', port } }) as const;
const sink = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });

interface Attack {
  readonly tty?: boolean;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  readonly signal?: AbortSignal;
}

/** How a command's session ends: its result, or the error that its caller is told. */
const command = ({ tty = true, stdout = sink(), stderr, signal = new AbortController().signal }: Attack = {}) =>
  runRemoteCommand({
    endpoint: endpoint(),
    path: '/exec',
    tty,
    stdin: new PassThrough(),
    stdout,
    ...(stderr && { stderr }),
    signal,
  }).catch((error: unknown) => ({ type: 'rejected' as const, error }));

/** The streams of a port's session, read by somebody who listens to their end alone. */
const forward = async (): Promise<void> => {
  const { data, failure } = await openPortStream({ endpoint: endpoint(), path: '/pf', port: 80, signal: new AbortController().signal });
  data.resume();
  data.end();
  await failure.catch(() => {});
};

/** Says `frames` to a client that asked for an upgrade, and hangs up. */
const saying =
  (...frames: readonly Buffer[]) =>
  (socket: Socket): void => {
    socket.write(UPGRADED);
    // The streams are opened in answer to the upgrade.
    socket.once('data', () => socket.end(Buffer.concat(frames)));
  };

const control = (type: number, payload: Buffer, flags = 0): Buffer => {
  const header = Buffer.from([0x80, 3, type >> 8, type & 0xff, flags, 0, 0, 0]);
  header.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([header, payload]);
};
const data = (id: number, bytes: Buffer | string, fin = false): Buffer => Buffer.concat(dataFrame(id, Buffer.from(bytes), fin));
const ended = [data(ERROR, SUCCESS, true), data(STDOUT, '', true)];

it.each<[string, ...Buffer[]]>([
  [
    'data after the end',
    data(STDOUT, 'a', true),
    data(STDOUT, 'b'),
    data(STDIN, '', true),
    data(STDIN, 'c'),
    data(RESIZE, '', true),
    data(RESIZE, 'd'),
  ],
  ['data after a reset', rstStreamFrame(STDIN, 5), data(STDIN, 'a'), rstStreamFrame(RESIZE, 5), data(RESIZE, 'b')],
  ['an end after the end', data(STDOUT, '', true), data(STDOUT, '', true), data(STDIN, '', true), data(STDIN, '', true)],
  ['a reset of what is written alone', rstStreamFrame(RESIZE, 1), rstStreamFrame(STDIN, 3)],
  [
    'resets after the end',
    data(RESIZE, '', true),
    rstStreamFrame(RESIZE, 2),
    rstStreamFrame(RESIZE, 2),
    data(STDIN, '', true),
    rstStreamFrame(STDIN, 2),
  ],
  [
    'frames of streams that nobody opened',
    data(UNKNOWN, 'x', true),
    data(0, 'x'),
    rstStreamFrame(UNKNOWN, 1),
    control(2, Buffer.alloc(4, 255)),
  ],
  [
    'unknown and empty control frames',
    control(77, Buffer.alloc(3)),
    ...[1, 2, 3, 4, 6, 7, 8, 9].map((type) => control(type, Buffer.alloc(0), 1)),
  ],
  ['output where only input goes', data(STDIN, Buffer.alloc(MEBIBYTE)), data(RESIZE, Buffer.alloc(MEBIBYTE))],
])('%s: the command ends as its status says', async (_name, ...frames) => {
  peer = saying(...frames, ...ended);
  expect(await command()).toEqual({ type: 'exited', code: 0 });
});

it.each<[string, ...Buffer[]]>([
  ['data after the end', data(3, 'a', true), data(3, 'b'), data(1, '', true), data(1, 'b')],
  ['a reset', rstStreamFrame(3, 1), rstStreamFrame(1, 1)],
  ['a reset after the end', data(3, '', true), rstStreamFrame(3, 1), data(1, '', true), rstStreamFrame(1, 1)],
])('a forwarded port: %s ends the connection alone', async (_name, ...frames) => {
  peer = saying(...frames);
  await forward();
});

it('what comes in one piece with its end holds up nothing after it', async () => {
  peer = (socket) => {
    socket.write(UPGRADED);
    socket.once('data', () => socket.write(Buffer.concat([data(3, Buffer.alloc(MEBIBYTE), true), data(1, 'refused', true)])));
  };
  const stream = await openPortStream({ endpoint: endpoint(), path: '/pf', port: 80, signal: new AbortController().signal });
  stream.data.resume();
  await expect(stream.failure).rejects.toThrow('refused');
  stream[Symbol.dispose]();
});

it.each([
  'null',
  '5',
  '[]',
  '{"status":"Failure","reason":"NonZeroExitCode"}',
  '{"reason":"NonZeroExitCode","details":{"causes":5}}',
  '{"reason":"NonZeroExitCode","details":{"causes":[null]}}',
  '{"reason":"NonZeroExitCode","message":{},"details":{"causes":[{"reason":"ExitCode","message":""}]}}',
  '{"reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":[]}]}}',
  '{"reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"1e300"}]}}',
])('a status %s is no exit code', async (status) => {
  peer = saying(data(ERROR, status, true), data(STDOUT, '', true));
  expect(await command()).toEqual({ type: 'failed', message: expect.any(String) });
});

const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });

/** Writes `bytes` until `total` of them are with the client, then what `last` says. */
const flood = async (socket: Socket, bytes: Buffer, total: number, last: Buffer = Buffer.alloc(0)): Promise<void> => {
  for (let sent = 0; sent < total && !socket.destroyed; sent += bytes.length) if (!socket.write(bytes)) await drained(socket);
  socket.end(last);
};

it('frames of the greatest length are passed on as they come, and skipped where nobody needs them', async () => {
  const greatest = Buffer.alloc(0xff_ff_ff);
  let most = 0;
  let bytes = 0;
  const stdout = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      most = Math.max(most, chunk.length);
      bytes += chunk.length;
      done();
    },
  });
  const frames = [control(2, greatest), control(8, greatest), control(77, greatest), data(UNKNOWN, greatest), data(STDOUT, greatest)];
  peer = saying(...frames, ...ended);
  expect(await command({ stdout })).toEqual({ type: 'exited', code: 0 });
  expect(bytes).toBe(greatest.length);
  expect(most).toBeLessThanOrEqual(MEBIBYTE);
});

it('a status without end is cut', async () => {
  peer = (socket) => {
    socket.write(UPGRADED);
    socket.once('data', () => void flood(socket, data(ERROR, Buffer.alloc(MEBIBYTE, 'x')), 50 * MEBIBYTE, data(STDOUT, '', true)));
  };
  const result = await command();
  expect(result.type).toBe('failed');
  expect(JSON.stringify(result).length).toBeLessThan(MEBIBYTE);
});

it('the reason of a forwarded port without end is cut', async () => {
  peer = (socket) => {
    socket.write(UPGRADED);
    socket.once('data', () => void flood(socket, data(1, Buffer.alloc(MEBIBYTE, 'x')), 50 * MEBIBYTE));
  };
  const stream = await openPortStream({ endpoint: endpoint(), path: '/pf', port: 80, signal: new AbortController().signal });
  const error: unknown = await stream.failure.catch((reason: unknown) => reason);
  expect(String(error).length).toBeLessThan(MEBIBYTE);
  stream[Symbol.dispose]();
});

/** Long enough for everything that can go on without the other side. */
const manyTurns = async (): Promise<void> => {
  for (let turn = 0; turn < 2_000; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

it('pings of a peer that reads no answer take no memory', async () => {
  const socket = new Duplex({ read: () => {}, write: () => {} });
  using _connection = createSpdyConnection(socket, pingFrame(2));
  for (let count = 0; count < 10_000; count += 1) socket.push(pingFrame(2));
  await manyTurns();
  expect(socket.writableLength).toBeGreaterThan(0);
  expect(socket.writableLength).toBeLessThan(1_000);
});

it('an output that nobody reads holds the peer, however fast another one is read', async () => {
  const piece = Buffer.concat([data(1, Buffer.alloc(60_000)), data(3, Buffer.alloc(60_000))]);
  let pieces = 0;
  const socket = new Duplex({
    read() {
      pieces += 1;
      this.push(pieces < 1_000 ? piece : null);
    },
    write: (_chunk, _encoding, done) => done(),
  });
  using connection = createSpdyConnection(socket, Buffer.alloc(0));
  const [fast, stuck] = [connection.createStream({ streamType: 'stdout' }), connection.createStream({ streamType: 'stderr' })];
  fast.resume();
  await manyTurns();
  expect(pieces).toBeLessThan(20);
  stuck.resume();
  await connection.closed;
  expect(pieces).toBe(1_000);
});

it('a session whose output nobody takes ends with its signal', async () => {
  peer = (socket) => {
    socket.write(UPGRADED);
    socket.once('data', () => socket.write(data(STDOUT, Buffer.alloc(MEBIBYTE))));
  };
  const ending = new AbortController();
  const stuck = new Writable({ write: () => setImmediate(() => ending.abort()) });
  expect((await command({ stdout: stuck, signal: ending.signal })).type).toBe('failed');
});

it.each<[string, (socket: Socket) => void]>([
  ['a refusal that breaks off', (socket) => void socket.end('HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\nhalf')],
  [
    'a refusal without end',
    (socket) => {
      socket.write('HTTP/1.1 500 No\r\n\r\n');
      void flood(socket, Buffer.alloc(MEBIBYTE, 'x'), Number.POSITIVE_INFINITY);
    },
  ],
  [
    'headers without end',
    (socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n');
      void flood(socket, Buffer.from('x: y\r\n'.repeat(10_000)), Number.POSITIVE_INFINITY);
    },
  ],
  ['nothing', (socket) => void socket.end()],
  ['no HTTP', (socket) => void socket.end(Buffer.alloc(70_000, 255))],
  ['another upgrade', (socket) => void socket.end('HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nfoo')],
])('%s instead of an upgrade is an error', async (_name, answer) => {
  peer = answer;
  expect((await command()).type).toMatch(/rejected|failed/);
});

it('a peer that half-closes and reads nothing keeps no session', async () => {
  peer = (socket) => {
    socket.write(UPGRADED);
    socket.once('data', () => {
      socket.pause();
      socket.end(pingFrame(2));
    });
  };
  const endless = new PassThrough();
  const signal = new AbortController().signal;
  const session = runRemoteCommand({ endpoint: endpoint(), path: '/exec', tty: false, stdin: endless, signal });
  endless.write(Buffer.alloc(32 * MEBIBYTE));
  expect((await session).type).toBe('failed');
});

const frame = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 11 }), fc.uint8Array({ maxLength: 40 }), fc.boolean())
    .map(([id, bytes, fin]) => data(id, Buffer.from(bytes), fin)),
  fc.tuple(fc.integer({ min: 0, max: 11 }), fc.integer({ min: 0, max: 12 })).map(([id, status]) => rstStreamFrame(id, status)),
  fc
    .tuple(fc.integer({ min: 0, max: 12 }), fc.uint8Array({ maxLength: 20 }), fc.nat(255))
    .map(([type, bytes, flags]) => control(type, Buffer.from(bytes), flags)),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
);
const answer = fc
  .tuple(fc.array(frame, { maxLength: 25 }), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.integer({ min: 1, max: 500 }))
  .map(([frames, changes, cut]) => {
    const bytes = Buffer.concat(frames);
    for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
    return { bytes, cut };
  });

it('random and changed frames, cut anywhere, end a session and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(answer, fc.boolean(), async ({ bytes, cut }, isCommand) => {
      peer = (socket) => {
        socket.setNoDelay(true);
        socket.write(UPGRADED);
        socket.once('data', () => {
          socket.write(bytes.subarray(0, cut));
          setImmediate(() => socket.end(bytes.subarray(cut)));
        });
      };
      if (isCommand) await command();
      else await forward();
    }),
  );
});

it('frames say the same wherever they are cut', () => {
  /** All that was said, in order. */
  const said = (parts: readonly Buffer[]): string => {
    const read = createFrameReader();
    return parts
      .flatMap((part) => read(part))
      .map((each) => (each.type === 'data' ? `${each.streamId}:${each.data.toString('hex')}${each.fin ? '.' : ''}` : JSON.stringify(each)))
      .join('|');
  };
  // With one byte of data for each frame, whole and in parts look the same.
  const small = fc.oneof(
    fc.tuple(fc.nat(9), fc.nat(255), fc.boolean()).map(([id, byte, fin]) => data(id, Buffer.of(byte), fin)),
    fc.nat(9).map((id) => data(id, '', true)),
    fc
      .tuple(fc.nat(12), fc.uint8Array({ maxLength: 20 }), fc.nat(255))
      .map(([type, bytes, flags]) => control(type, Buffer.from(bytes), flags)),
  );
  fc.assert(
    fc.property(fc.array(small, { maxLength: 20 }), fc.array(fc.nat(300)), (frames, cuts) => {
      const bytes = Buffer.concat(frames);
      const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
      const parts = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
      expect(said(parts)).toBe(said(frames));
      expect(said([bytes])).toBe(said(frames));
    }),
  );
});
