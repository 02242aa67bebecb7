import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createHealthCheck, type HealthCheck } from '../src/core/grpc/health-check.js';
import { MAX_BYTES } from '../src/core/http2/stream-reader.js';
import { END_HEADERS, END_STREAM, FRAME, fields, frame, message } from './http2-frames.js';

const FACTOR = Number(process.env['ATTACK_FACTOR'] ?? 1);
/** How much is sent to the reader of answers in all. */
const BYTES = 4_000_000 * FACTOR;
/** For 600 KB of the worst, ms of CPU. */
const MAX_CPU_MS = 1_000;
/** What a reader may hold: a block of headers, a message, a frame, and what the headers are decoded to. */
const MAX_HELD_BYTES = 4_000_000;

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** Gives bytes to a reader in pieces, and closes the connection behind them. */
const feed = (bytes: Uint8Array, piece: number): HealthCheck => {
  const check = createHealthCheck();
  let replied = 0;
  const before = cpuMs();
  for (let at = 0; at < bytes.length; at += piece) for (const reply of check.push(bytes.subarray(at, at + piece))) replied += reply.length;
  expect(cpuMs() - before).toBeLessThan(MAX_CPU_MS);
  // No more than an acknowledgement for each frame.
  expect(replied).toBeLessThan(10_000);
  check.close('EOF');
  expect(check.end()).toBeDefined();
  return check;
};

const settings = frame(FRAME.settings, 0, 0);
const GRPC = fields([':status', '200'], ['content-type', 'application/grpc']);
const good = Buffer.concat([
  settings,
  frame(FRAME.headers, END_HEADERS, 1, GRPC),
  frame(FRAME.data, 0, 1, message(Buffer.from([8, 1]))),
  frame(FRAME.headers, END_HEADERS | END_STREAM, 1, fields(['grpc-status', '0'], ['grpc-message', 'a%20b'])),
]);

const piece = fc.constantFrom(1, 2, 7, 100, 1_400, 65_536);
const anyFrame = fc
  .tuple(fc.nat(11), fc.nat(255), fc.constantFrom(0, 1, 1, 1, 1, 2, 3), fc.uint8Array({ maxLength: 2_000 }))
  .map(([type, flags, stream, payload]) => frame(type, flags, stream, payload));
/** What looks like a block of headers: bytes as a decoder likes them, and Huffman's code at random. */
const anyHeaders = fc
  .tuple(fc.uint8Array({ maxLength: 4_000 }), fc.constantFrom(0, END_HEADERS, END_HEADERS | END_STREAM), fc.boolean())
  .map(([block, flags, begins]) => frame(begins ? FRAME.headers : FRAME.continuation, flags, 1, Buffer.concat([GRPC, block])));
const mutated = fc
  .tuple(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }), fc.nat(good.length))
  .map(([changes, end]) => {
    const bytes = Buffer.from(good.subarray(0, end));
    for (const [at, byte] of changes) bytes[at % Math.max(bytes.length, 1)] = byte;
    return bytes;
  });
const stream = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.oneof(anyFrame, anyHeaders, mutated, fc.constant(good), fc.uint8Array({ maxLength: 4_000 })), { maxLength: 60 }),
  )
  .map(([polite, parts]) => Buffer.concat(polite ? [settings, ...parts] : parts));

it('whatever bytes a server sends, they come to an end without an exception', { timeout: 600_000 * FACTOR }, () => {
  let sent = 0;
  const ends = new Set<string>();
  // Samples of one seed are the same ones.
  const first = fc.readConfigureGlobal().seed ?? 0;
  for (let seed = first; sent < BYTES; seed += 1) {
    for (const [bytes, size] of fc.sample(fc.tuple(stream, piece), { seed, numRuns: 50 })) {
      sent += bytes.length;
      ends.add(feed(bytes, size).end()?.type ?? 'none');
    }
  }
  expect([...ends].sort()).toEqual(['answered', 'failed', 'notConnected']);
});

const repeated = (...parts: readonly Buffer[]): Buffer => {
  const part = Buffer.concat(parts);
  return Buffer.concat(Array.from({ length: Math.ceil((MAX_BYTES + 50_000) / part.length) }, () => part));
};
const indexed = fields(['x', 'y'.repeat(4_000)]);
indexed[0] = 0x40;
const huffman = Buffer.concat([Buffer.from([0, 1, 0x78, 0xff, 0x80, 0x7d]), Buffer.alloc(16_127, 0x18)]);

it.each<[string, Buffer]>([
  ['pings', repeated(frame(FRAME.ping, 0, 0, Buffer.alloc(8)))],
  ['settings', repeated(settings)],
  ['settings by the thousand in a frame', repeated(frame(FRAME.settings, 0, 0, Buffer.alloc(16_380)))],
  ['empty continuations', Buffer.concat([frame(FRAME.headers, 0, 1, GRPC), repeated(frame(FRAME.continuation, 0, 1))])],
  ['empty data', Buffer.concat([frame(FRAME.headers, END_HEADERS, 1, GRPC), repeated(frame(FRAME.data, 0, 1))])],
  ['informational answers', repeated(frame(FRAME.headers, END_HEADERS, 1, fields([':status', '103'], ['x', 'y'.repeat(10_000)])))],
  ['one large field again and again', repeated(frame(FRAME.headers, END_HEADERS, 1, Buffer.concat([indexed, Buffer.alloc(12_000, 0xbe)])))],
  ['sizes of the table', repeated(frame(FRAME.headers, END_HEADERS, 1, Buffer.alloc(16_384, 0x20)))],
  ['fields of nothing', repeated(frame(FRAME.headers, END_HEADERS, 1, Buffer.alloc(16_383)))],
  ['long codes of Huffman', repeated(frame(FRAME.headers, END_HEADERS, 1, huffman))],
  ['a status of many percents', repeated(frame(FRAME.headers, END_HEADERS | END_STREAM, 1, fields(['grpc-message', '%'.repeat(15_000)])))],
  ['a frame that never ends', Buffer.concat([frame(0xee, 0, 1, Buffer.alloc(16_384)), frame(0xee, 0, 1, Buffer.alloc(0), 16_384)])],
  ['frames that nobody knows', repeated(frame(0xee, 0, 1, Buffer.alloc(16_384)))],
])('%s cost no more than their bytes, byte by byte as well', (_what, bytes) => {
  for (const size of [1, 1_400, 65_536]) feed(Buffer.concat([settings, bytes]), size);
});

it('a thousand servers that send all they can hold no more than is bounded for each', () => {
  const block = Buffer.concat([
    settings,
    frame(FRAME.headers, 0, 1, GRPC),
    ...Array.from({ length: 3 }, () => frame(FRAME.continuation, 0, 1, Buffer.alloc(16_384, 1))),
  ]);
  const before = process.memoryUsage();
  const checks = Array.from({ length: 100 }, () => {
    const check = createHealthCheck();
    check.push(block);
    return check;
  });
  const after = process.memoryUsage();
  const held = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  expect(held / checks.length).toBeLessThan(MAX_HELD_BYTES);
  for (const check of checks) expect(check.end()).toBeUndefined();
});
