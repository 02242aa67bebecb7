import { BinaryWriter } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ExecSyncResponse } from '../gen/cri-v1.js';
import { createExecSyncReader } from './exec-sync-reader.js';

const MAX = 1_000_000;
const ALL = { head: MAX };
const framed = (message: Uint8Array, flag = 0): Buffer => {
  const prefix = Buffer.from([flag, 0, 0, 0, 0]);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
};
const encoded = (reply: ExecSyncResponse): Buffer => framed(ExecSyncResponse.encode(reply).finish());
/** As the bytes come: in pieces of any length. */
const read = (reader: ReturnType<typeof createExecSyncReader>, bytes: Uint8Array, pieces: readonly number[]) => {
  let at = 0;
  for (const piece of [...pieces, bytes.length]) {
    const fault = reader.read(bytes.subarray(at, at + piece));
    if (fault !== undefined) return fault;
    at += piece;
  }
  return undefined;
};
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const reply = fc.record({ stdout: bytes, stderr: bytes, exitCode: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) });
const pieces = fc.array(fc.nat(40), { maxLength: 100 });

it('an answer in any pieces is read as the generated codec reads it', () => {
  fc.assert(
    fc.property(reply, pieces, (said, cuts) => {
      const reader = createExecSyncReader(ALL, MAX);
      expect(read(reader, encoded(said), cuts)).toBeUndefined();
      expect(reader.reply()).toEqual(said);
    }),
  );
});

it('of each stream the beginning and the end are kept, and nothing twice', () => {
  fc.assert(
    fc.property(reply, pieces, fc.nat(50), fc.nat(50), (said, cuts, head, tail) => {
      const reader = createExecSyncReader({ head, tail }, MAX);
      read(reader, encoded(said), cuts);
      const { stdout, stderr, exitCode } = reader.reply() ?? {};
      const short = (whole: Buffer): Buffer =>
        whole.length <= head + tail ? whole : Buffer.concat([whole.subarray(0, head), whole.subarray(whole.length - tail)]);
      expect({ stdout, stderr, exitCode }).toEqual({ ...said, stdout: short(said.stdout), stderr: short(said.stderr) });
    }),
  );
});

it('fields of a newer runtime are passed over, and of one that comes twice the last counts', () => {
  const newer = new BinaryWriter()
    .uint32((1 << 3) | 2)
    .string('first')
    .uint32((9 << 3) | 2)
    .string('new')
    .uint32((10 << 3) | 0)
    .uint64('18446744073709551615')
    .uint32((11 << 3) | 1)
    .fixed64(1)
    .uint32((12 << 3) | 5)
    .fixed32(1)
    .uint32((1 << 3) | 2)
    .string('')
    .uint32((1 << 3) | 2)
    .string('last')
    .finish();
  const reader = createExecSyncReader(ALL, MAX);
  expect(reader.read(framed(newer))).toBeUndefined();
  expect(reader.reply()).toMatchObject({ stdout: Buffer.from('last'), exitCode: 0 });
});

it.each<[string, Buffer, number, RegExp]>([
  [
    'a longer message than may be',
    Buffer.from([0, 0xff, 0xff, 0xff, 0xff]),
    8,
    /Received message larger than max \(4294967295 vs 1000000\)/,
  ],
  ['a compressed one', framed(Buffer.from([8, 1]), 1), 13, /compressed/],
  [
    'a second one',
    Buffer.concat([encoded({ stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), exitCode: 1 }), Buffer.from([0])]),
    13,
    /Too many/,
  ],
  ['bytes past its end', framed(Buffer.from([10, 5, 1])), 13, /out of range/],
  ['a length of 2^64', framed(Buffer.from([10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1])), 13, /out of range/],
  ['a number without end', framed(Buffer.alloc(100, 0xff)), 13, /varint/],
  ['a group', framed(Buffer.from([11])), 13, /wire type 3/],
  ['a field 0', framed(Buffer.from([2])), 13, /field no 0/],
  ['half a tag', framed(Buffer.from([0x80])), 13, /premature EOF/],
  ['half a field', framed(Buffer.from([24])), 13, /premature EOF/],
])('%s is a fault, in whatever pieces', (_what, message, code, details) => {
  for (const cuts of [[], Array.from(message, () => 1)]) {
    const reader = createExecSyncReader(ALL, MAX);
    expect(read(reader, message, cuts)).toEqual({ code, details: expect.stringMatching(details) });
    expect(reader.reply()).toBeUndefined();
  }
});

it('bytes of any kind are a reply, a fault or not all yet, and as the codec has it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), pieces, (message, cuts) => {
      const reader = createExecSyncReader(ALL, MAX);
      const fault = read(reader, framed(message), cuts);
      expect(reader.reply() === undefined).toBe(fault !== undefined);
      if (fault === undefined) expect(reader.reply()).toMatchObject(withoutProto(ExecSyncResponse.decode(message)));
    }),
  );
});
const withoutProto = ({ stdout, stderr, exitCode }: ExecSyncResponse) => ({ stdout, stderr, exitCode });

it('an answer that stops in the middle is none', () => {
  const whole = encoded({ stdout: Buffer.from('hello'), stderr: Buffer.alloc(0), exitCode: 3 });
  for (let at = 0; at < whole.length; at += 1) {
    const reader = createExecSyncReader(ALL, MAX);
    expect(reader.read(whole.subarray(0, at))).toBeUndefined();
    expect(reader.reply()).toBeUndefined();
  }
});
