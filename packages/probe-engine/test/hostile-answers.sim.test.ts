import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { httpGetHandler, type ProbeOutcome } from '../src/index.js';
import { probeTarget } from '../src/testing/index.js';

/** `SIM_RUNS=10000000` for a night. */
const RUNS = Number(process.env['SIM_RUNS'] ?? 1_000);
const AT_ONCE = 20;
/** How often a server says the same again. */
const REPEATS = 50;
/** From the end of what a server says to the end of the attempt, ms. */
const SILENCE_MS = 20;

/** An answer piece by piece, and what the server does then. */
interface HostileAnswer {
  readonly parts: readonly string[];
  readonly finish: 'close' | 'reset' | 'stay' | 'repeat';
}

const statusLine = fc.constantFrom(
  ...['HTTP/1.1 200 OK', 'HTTP/1.0 200', 'HTTP/1.1 204 x', 'HTTP/1.1 100 Continue', 'HTTP/1.1 103 x', 'HTTP/1.1 101 x', 'HTTP/1.1 302 x'],
  ...['HTTP/1.1 999 ?', 'HTTP/1.1 -1 x', 'HTTP/1.1 20', 'HTTP/2.0 200 OK', 'HTTP/1.1', 'http/1.1 200 OK', 'ICY 200', '\0', ''],
);
const header = fc.oneof(
  fc.constantFrom(
    ...['Content-Length: 5', 'Content-Length: -6', 'Content-Length: 99999999999999999999', 'Content-Length: 5, 6', 'Content-Length:'],
    ...['Transfer-Encoding: chunked', 'Transfer-Encoding: gzip, chunked', 'Transfer-Encoding: ,', 'Connection: keep-alive', 'Trailer: x'],
    ...[
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Location: /',
      'Location: //%zz',
      'Location: http://127.0.0.1:0/',
      'Location: \xff\0',
      ': x',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => `X: ${text}`),
  fc.integer({ min: 1, max: 3_000 }).map((count) => Array.from({ length: count }, (_, index) => `H${index}: x`).join('\r\n')),
  fc.integer({ min: 1, max: 300_000 }).map((length) => `Long: ${'x'.repeat(length)}`),
);
const chunk = fc.oneof(
  fc.constantFrom(
    '5\r\nhello\r\n',
    '-6\r\nhello\r\n',
    '0\r\n\r\n',
    'fffffffffffffffff\r\n',
    '5;',
    'g\r\n',
    '\r\n',
    '5\nhello\n',
    '0\r\nTrailer: x\r\n\r\n',
  ),
  fc.integer({ min: 1, max: 60_000 }).map((length) => `5;${'e'.repeat(length)}\r\nhello\r\n`),
  fc.integer({ min: 1, max: 60_000 }).map((length) => `${length.toString(16)}\r\n${'b'.repeat(length)}\r\n`),
);
const lineEnd = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r');
const hostileAnswer: fc.Arbitrary<HostileAnswer> = fc.record({
  parts: fc.oneof(
    fc
      .tuple(
        statusLine,
        fc.array(header, { maxLength: 4 }),
        lineEnd,
        fc.array(fc.oneof(chunk, fc.string({ unit: 'binary' })), { maxLength: 4 }),
      )
      .map(([status, headers, end, body]) => [`${[status, ...headers].join(end)}${end}${end}`, ...body]),
    fc.array(fc.oneof(statusLine, header, chunk, fc.constant('\r\n')), { maxLength: 8 }),
    fc.integer({ min: 1, max: 3_000 }).map((count) => ['HTTP/1.1 100 Continue\r\n\r\n'.repeat(count), 'HTTP/1.1 200 OK\r\n\r\nok']),
    fc.string({ unit: 'binary', maxLength: 200 }).map((text) => [text]),
  ),
  finish: fc.constantFrom('close', 'close', 'close', 'reset', 'stay', 'repeat'),
});

/** Answers of probes that run, by the path that asks for them, and how to end the attempt. */
const answers = new Map<string, { readonly answer: HostileAnswer; readonly giveUp: AbortController }>();
const sockets = new Set<Socket>();
let server: Server;
beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.once('data', (request) => {
      const asked = answers.get(/^GET (\/\d+)/.exec(request.toString())?.[1] ?? '');
      if (asked === undefined) socket.end();
      else void send(socket, asked);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

const send = async (socket: Socket, { answer: { parts, finish }, giveUp }: { answer: HostileAnswer; giveUp: AbortController }) => {
  for (let round = 0; round < (finish === 'repeat' ? REPEATS : 1); round += 1) {
    for (const part of parts) {
      if (socket.destroyed) return;
      await new Promise<void>((resolve) => socket.write(part, 'latin1', () => resolve()));
    }
  }
  if (finish === 'reset') socket.resetAndDestroy();
  else if (finish === 'close') socket.end();
  else setTimeout(() => giveUp.abort(), SILENCE_MS);
};

/** Within its time, with an end of its own, and no longer than an output may be. */
const attempt = async (path: string, answer: HostileAnswer): Promise<ProbeOutcome> => {
  const giveUp = new AbortController();
  answers.set(path, { answer, giveUp });
  const { port } = server.address() as AddressInfo;
  try {
    return await (httpGetHandler().probe({ port, path }, probeTarget(), { signal: giveUp.signal }) as Promise<ProbeOutcome>);
  } finally {
    answers.delete(path);
  }
};

it('ends every attempt, whatever a server answers, and throws nowhere else', async () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', note);
  let [next, seed] = [0, Number(process.env['SIM_SEED'] ?? 1)];
  const seen = new Map<string, number>();
  const before = process.memoryUsage().rss;
  try {
    while (next < RUNS) {
      const batch = fc.sample(hostileAnswer, { numRuns: AT_ONCE, seed });
      seed += 1;
      const outcomes = await Promise.all(batch.map((answer, index) => attempt(`/${next + index}`, answer)));
      next += batch.length;
      for (const [index, { result, output }] of outcomes.entries()) {
        seen.set(result, (seen.get(result) ?? 0) + 1);
        if (Buffer.byteLength(output) > 40_000) throw new Error(`an output of ${output.length} for ${JSON.stringify(batch[index])}`);
      }
    }
  } finally {
    process.off('uncaughtException', note);
  }
  expect(uncaught).toEqual([]);
  expect([...seen.keys()].sort()).toEqual(['failure', 'success', 'unknown', 'warning']);
  expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(300);
});
