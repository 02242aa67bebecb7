import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CheckEnd, createHealthCheck, type HealthCheck } from '../src/core/grpc/health-check.js';
import { MAX_BYTES, MAX_FRAMES } from '../src/core/http2/stream-reader.js';
import { END_HEADERS, END_STREAM, FRAME, fields, frame, message } from './http2-frames.js';

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};
const setting = (id: number, value: number): Buffer => Buffer.concat([Buffer.from([0, id]), u32(value)]);
const settings = (...given: readonly Buffer[]): Buffer => frame(FRAME.settings, 0, 0, Buffer.concat(given));
type Pair = readonly [string, string];
const GRPC: readonly Pair[] = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
];
const headers = (pairs: readonly Pair[], flags = END_HEADERS): Buffer => frame(FRAME.headers, flags, 1, fields(...pairs));
const trailers = (...pairs: readonly Pair[]): Buffer => headers(pairs, END_HEADERS | END_STREAM);
const data = (bytes: Uint8Array, flags = 0): Buffer => frame(FRAME.data, flags, 1, bytes);
const SERVING = message(Buffer.from([8, 1]));
const OK = trailers(['grpc-status', '0']);

/** What a server's bytes come to when it closes the connection behind them. */
const read = (...parts: readonly Buffer[]): CheckEnd | undefined => {
  const check = createHealthCheck();
  check.push(Buffer.concat(parts));
  check.close('EOF');
  return check.end();
};
/** After its settings. */
const answer = (...parts: readonly Buffer[]): CheckEnd | undefined => read(settings(), ...parts);
const answered = (servingStatus: number): CheckEnd => ({ type: 'answered', servingStatus });
const failed = (code: number, text: string): CheckEnd => ({ type: 'failed', status: { code, message: text } });
const [CANCELED, UNKNOWN, EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE] = [1, 2, 8, 12, 13, 14];
const lost = (why: string): CheckEnd => failed(UNAVAILABLE, `error reading from server: ${why}`);
const PROTOCOL_ERROR = lost('connection error: PROTOCOL_ERROR');
const FRAME_SIZE_ERROR = lost('connection error: FRAME_SIZE_ERROR');

describe('an answer', () => {
  it.each<[string, readonly Buffer[], CheckEnd]>([
    ['SERVING', [headers(GRPC), data(SERVING), OK], answered(1)],
    ['an empty message', [headers(GRPC), data(message(Buffer.alloc(0))), OK], answered(0)],
    ['a status that nobody knows', [headers(GRPC), data(message(Buffer.from([8, 9]))), OK], answered(9)],
    ['a status below zero', [headers(GRPC), data(message(Buffer.from([8, ...Array(9).fill(0xff), 1]))), OK], answered(-1)],
    ['the last of two', [headers(GRPC), data(message(Buffer.from([8, 2, 8, 1]))), OK], answered(1)],
    ['fields that are not known', [headers(GRPC), data(message(Buffer.from([18, 2, 8, 2, 8, 1, 0x1b, 8, 2, 0x1c]))), OK], answered(1)],
    [
      'a message in pieces',
      [headers(GRPC), ...[...SERVING].map((byte) => data(Buffer.from([byte]))), data(Buffer.alloc(0)), OK],
      answered(1),
    ],
    ['padding', [headers(GRPC), data(Buffer.concat([Buffer.from([3]), SERVING, Buffer.alloc(3)]), 8), OK], answered(1)],
    [
      'padding and a priority of headers',
      [
        frame(FRAME.headers, END_HEADERS | 8 | 32, 1, Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 9]), fields(...GRPC), Buffer.alloc(2)])),
        data(SERVING),
        OK,
      ],
      answered(1),
    ],
    [
      'headers in pieces',
      [
        frame(FRAME.headers, 0, 1, fields(...GRPC).subarray(0, 20)),
        frame(FRAME.continuation, 0, 1),
        frame(FRAME.continuation, END_HEADERS, 1, fields(...GRPC).subarray(20)),
        data(SERVING),
        OK,
      ],
      answered(1),
    ],
    ['an interim answer', [headers([[':status', '103']]), headers(GRPC), data(SERVING), OK], answered(1)],
    ['a content type of more words', [headers([GRPC[0]!, ['content-type', 'application/grpc+proto']]), data(SERVING), OK], answered(1)],
    [
      'frames that nobody knows, and others that say nothing here',
      [
        frame(0xee, 0xff, 9, Buffer.alloc(50)),
        frame(FRAME.priority, 0, 1, Buffer.alloc(5)),
        frame(FRAME.windowUpdate, 0, 0, u32(5)),
        frame(FRAME.windowUpdate, 0, 1, u32(0x7fff_ffff)),
        frame(FRAME.settings, 1, 0),
        frame(FRAME.ping, 1, 0, Buffer.alloc(8)),
        frame(FRAME.goAway, 0, 0, Buffer.concat([u32(1), u32(0)])),
        headers(GRPC),
        data(SERVING),
        OK,
      ],
      answered(1),
    ],
    [
      'no message',
      [headers(GRPC), OK],
      failed(INTERNAL, 'cardinality violation: received no response message from non-server-streaming RPC'),
    ],
    [
      'two messages',
      [headers(GRPC), data(SERVING), data(SERVING), OK],
      failed(INTERNAL, 'cardinality violation: expected <EOF> for non server-streaming RPCs, but received another message'),
    ],
    ['a message that is cut', [headers(GRPC), data(SERVING.subarray(0, 6)), OK], failed(INTERNAL, 'unexpected EOF')],
    ['the head of a message that is cut', [headers(GRPC), data(SERVING.subarray(0, 3)), OK], failed(INTERNAL, 'unexpected EOF')],
    [
      'what is no message',
      [headers(GRPC), data(message(Buffer.from([8])))],
      failed(INTERNAL, 'grpc: failed to unmarshal the received message: proto: cannot parse invalid wire-format data'),
    ],
    [
      'a message of 4 GiB',
      [headers(GRPC), data(message(Buffer.alloc(9), 0, 0xffff_ffff))],
      failed(EXHAUSTED, 'grpc: received message larger than max (4294967295 vs. 65530)'),
    ],
    [
      'a compressed message without a word about it',
      [headers(GRPC), data(message(Buffer.from([8, 1]), 1))],
      failed(INTERNAL, 'grpc: compressed flag set with identity or empty encoding'),
    ],
    [
      'a compressed message',
      [headers([...GRPC, ['grpc-encoding', 'gzip']]), data(message(Buffer.from([8, 1]), 1))],
      failed(INTERNAL, 'grpc: Decompressor is not installed for grpc-encoding "gzip"'),
    ],
    [
      'a message of another kind',
      [headers(GRPC), data(message(Buffer.from([8, 1]), 2))],
      failed(INTERNAL, 'grpc: received unexpected payload format 2'),
    ],
    ['no trailers', [headers(GRPC), data(SERVING, END_STREAM)], failed(INTERNAL, 'server closed the stream without sending trailers')],
    ['trailers without a status', [headers(GRPC), data(SERVING), trailers(['x', 'y'])], failed(UNKNOWN, '')],
    ['a status', [headers(GRPC), trailers(['grpc-status', '5'], ['grpc-message', 'no %C3%A4%20%zz%'])], failed(5, 'no ä %zz%')],
    [
      'a status beyond a message',
      [headers(GRPC), data(SERVING), trailers(['grpc-status', '14'], ['grpc-message', 'x'])],
      failed(UNAVAILABLE, 'x'),
    ],
    [
      'trailers alone',
      [trailers(...GRPC, ['grpc-status', '12'], ['grpc-message', 'unknown service'])],
      failed(UNIMPLEMENTED, 'unknown service'),
    ],
    [
      'a status that is no number',
      [trailers(...GRPC, ['grpc-status', 'x'])],
      failed(UNKNOWN, 'transport: malformed grpc-status: strconv.ParseInt: parsing "x": invalid syntax'),
    ],
    [
      'a status that is too large a number',
      [trailers(...GRPC, ['grpc-status', '99999999999'])],
      failed(UNKNOWN, 'transport: malformed grpc-status: strconv.ParseInt: parsing "99999999999": value out of range'),
    ],
    [
      'metadata in bytes that are none',
      [headers([...GRPC, ['x-bin', '!']]), OK],
      failed(INTERNAL, 'transport: malformed x-bin: illegal base64 data'),
    ],
    ['metadata in bytes', [headers([...GRPC, ['x-bin', 'YQ'], ['y-bin', 'YQ==']]), data(SERVING), OK], answered(1)],
  ])('is %s', (_what, parts, end) => expect(answer(...parts)).toEqual(end));

  it.each<[string, string | undefined, number, string]>([
    [
      '404',
      'text/html',
      UNIMPLEMENTED,
      'unexpected HTTP status code received from server: 404 (Not Found); transport: received unexpected content-type "text/html"',
    ],
    [
      '503',
      undefined,
      UNAVAILABLE,
      'unexpected HTTP status code received from server: 503 (Service Unavailable); malformed header: missing HTTP content-type',
    ],
    ['200', undefined, UNKNOWN, 'unexpected HTTP status code received from server: 200 (OK); malformed header: missing HTTP content-type'],
    ['299', undefined, UNKNOWN, 'unexpected HTTP status code received from server: 299 (); malformed header: missing HTTP content-type'],
    ['x', undefined, INTERNAL, 'transport: malformed http-status: strconv.Atoi: parsing "x": invalid syntax'],
  ])('of HTTP alone with status %s is a failure', (status, contentType, code, text) => {
    const pairs: readonly Pair[] =
      contentType === undefined
        ? [[':status', status]]
        : [
            [':status', status],
            ['content-type', contentType],
          ];
    expect(answer(headers(pairs), data(Buffer.from('hello')))).toEqual(failed(code, text));
  });

  it('without a status of HTTP is a failure, unless its type is that of gRPC', () => {
    const text = 'malformed header: missing HTTP status; malformed header: missing HTTP content-type';
    expect(answer(headers([['x', 'y']]))).toEqual(failed(INTERNAL, text));
    expect(answer(headers([['content-type', 'application/grpc']]), data(SERVING), OK)).toEqual(answered(1));
  });

  it('of 1xx is not the last', () => {
    const text = 'protocol error: informational header with status code 100 must not have END_STREAM set';
    expect(answer(trailers([':status', '100']))).toEqual(failed(INTERNAL, text));
  });

  it.each<[string, readonly Pair[]]>([
    ['invalid header field name "UPPER"', [...GRPC, ['UPPER', 'x']]],
    ['invalid header field name ""', [...GRPC, ['', 'x']]],
    ['invalid header field value for "x"', [...GRPC, ['x', 'a\0b']]],
    ['pseudo header field after regular', [['x', 'y'], ...GRPC]],
    ['invalid pseudo-header ":x"', [[':x', 'y'], ...GRPC]],
    ['duplicate pseudo-header ":status"', [[':status', '200'], ...GRPC]],
    ['mix of request and response pseudo headers', [[':path', '/'], ...GRPC]],
  ])('cannot have an %s', (text, pairs) => expect(answer(headers(pairs))).toEqual(failed(INTERNAL, text)));

  it('has headers at its beginning and at its end, and data between', () => {
    expect(answer(headers(GRPC), headers(GRPC))).toEqual(failed(INTERNAL, 'a HEADERS frame cannot appear in the middle of a stream'));
    expect(answer(data(SERVING))).toEqual(failed(INTERNAL, 'protocol error: received DATA before a HEADERS frame'));
  });
});

it.each([
  [0, INTERNAL, 'NO_ERROR'],
  [1, INTERNAL, 'PROTOCOL_ERROR'],
  [3, EXHAUSTED, 'FLOW_CONTROL_ERROR'],
  [7, UNAVAILABLE, 'REFUSED_STREAM'],
  [8, CANCELED, 'CANCEL'],
  [11, EXHAUSTED, 'ENHANCE_YOUR_CALM'],
  [12, 7, 'INADEQUATE_SECURITY'],
  [13, INTERNAL, 'HTTP_1_1_REQUIRED'],
  [0xffff_ffff, UNKNOWN, 'unknown error code 0xffffffff'],
])('a stream that is reset with %i has failed with code %i', (reset, code, name) => {
  const end = failed(code, `stream terminated by RST_STREAM with error code: ${name}`);
  expect(answer(headers(GRPC), data(SERVING), frame(FRAME.rstStream, 0, 1, u32(reset)))).toEqual(end);
});

describe('a server that goes', () => {
  const goAway = (last: number, code = 0, debug = '') =>
    frame(FRAME.goAway, 0, 0, Buffer.concat([u32(last), u32(code), Buffer.from(debug)]));

  it('answers what it has begun', () =>
    expect(answer(goAway(0x7fff_ffff), goAway(1), headers(GRPC), data(SERVING), OK)).toEqual(answered(1)));
  it.each<[readonly Buffer[], string]>([
    [[goAway(0)], 'the connection is draining'],
    [[goAway(2)], 'received goaway with non-zero even-numbered stream id: 2'],
    [[goAway(1), goAway(3)], 'received goaway with stream id: 3, which exceeds stream id of previous goaway: 1'],
    [
      [goAway(1, 11, 'too_many_pings')],
      'closing transport due to: connection error: desc = "error reading from server: EOF", received prior goaway: code: ENHANCE_YOUR_CALM, debug data: "too_many_pings"',
    ],
  ])('fails the call otherwise', (parts, text) => expect(answer(...parts)).toEqual(failed(UNAVAILABLE, text)));
});

describe('a connection', () => {
  const notConnected = (why: string): CheckEnd => ({ type: 'notConnected', why });
  it.each<[string, Buffer, CheckEnd]>([
    ['nothing', Buffer.alloc(0), notConnected('error reading server preface: EOF')],
    ['half of its settings', settings().subarray(0, 5), notConnected('error reading server preface: EOF')],
    [
      'another frame first',
      frame(FRAME.ping, 0, 0, Buffer.alloc(8)),
      notConnected('initial http2 frame from server is not a settings frame'),
    ],
    [
      'HTTP/1.1',
      Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
      notConnected(
        'error reading server preface: http2: failed reading the frame payload: http2: frame too large, note that the frame header looked like an HTTP/1.1 header',
      ),
    ],
    ['another protocol', Buffer.from('SSH-2.0-OpenSSH\r\n'), notConnected('error reading server preface: http2: frame too large')],
    ['settings that are none', settings(Buffer.alloc(5)), notConnected('error reading server preface: connection error: FRAME_SIZE_ERROR')],
  ])('begins with settings, and not with %s', (_what, bytes, end) => expect(read(bytes)).toEqual(end));

  it.each<[string, Buffer, CheckEnd]>([
    ['is closed', Buffer.alloc(0), lost('EOF')],
    ['sends a frame of more than 16 KiB', frame(FRAME.data, 0, 1, Buffer.alloc(0), 16_385), lost('http2: frame too large')],
    ['sends data on no stream', frame(FRAME.data, 0, 0, SERVING), PROTOCOL_ERROR],
    ['sends data on another stream', frame(FRAME.data, 0, 3, SERVING), PROTOCOL_ERROR],
    ['sends headers on another stream', frame(FRAME.headers, END_HEADERS, 3, fields(...GRPC)), PROTOCOL_ERROR],
    ['pads more than there is', data(Buffer.from([2, 0]), 8), PROTOCOL_ERROR],
    ['pads nothing at all', data(Buffer.alloc(0), 8), PROTOCOL_ERROR],
    ['pads headers more than there is', frame(FRAME.headers, END_HEADERS | 8, 1, Buffer.from([9, 0])), PROTOCOL_ERROR],
    ['has no room for a priority', frame(FRAME.headers, END_HEADERS | 32, 1, Buffer.alloc(4)), PROTOCOL_ERROR],
    ['goes on with headers that are whole', frame(FRAME.continuation, END_HEADERS, 1), PROTOCOL_ERROR],
    ['breaks off headers', Buffer.concat([headers(GRPC, 0), data(SERVING)]), PROTOCOL_ERROR],
    ['goes on with headers elsewhere', Buffer.concat([headers(GRPC, 0), frame(FRAME.continuation, 4, 3)]), PROTOCOL_ERROR],
    [
      'sends headers that cannot be decoded',
      frame(FRAME.headers, END_HEADERS, 1, Buffer.from([0xff, 0x80])),
      lost('connection error: COMPRESSION_ERROR'),
    ],
    ['pushes', frame(FRAME.pushPromise, END_HEADERS, 1, u32(2)), PROTOCOL_ERROR],
    ['sends settings on a stream', frame(FRAME.settings, 0, 1), PROTOCOL_ERROR],
    ['acknowledges settings with some', frame(FRAME.settings, 1, 0, setting(1, 1)), FRAME_SIZE_ERROR],
    ['wants to be pushed twice', settings(setting(2, 2)), PROTOCOL_ERROR],
    ['has a window of 4 GiB', settings(setting(4, 0xffff_ffff)), lost('connection error: FLOW_CONTROL_ERROR')],
    ['wants frames of a byte', settings(setting(5, 1)), PROTOCOL_ERROR],
    ['sends a ping of seven bytes', frame(FRAME.ping, 0, 0, Buffer.alloc(7)), FRAME_SIZE_ERROR],
    ['sends a ping on a stream', frame(FRAME.ping, 0, 1, Buffer.alloc(8)), PROTOCOL_ERROR],
    ['sends a reset of three bytes', frame(FRAME.rstStream, 0, 1, Buffer.alloc(3)), FRAME_SIZE_ERROR],
    ['resets the connection as a stream', frame(FRAME.rstStream, 0, 0, u32(0)), PROTOCOL_ERROR],
    ['goes by seven bytes', frame(FRAME.goAway, 0, 0, Buffer.alloc(7)), FRAME_SIZE_ERROR],
    ['goes on a stream', frame(FRAME.goAway, 0, 1, Buffer.alloc(8)), PROTOCOL_ERROR],
    ['opens the window by nothing', frame(FRAME.windowUpdate, 0, 0, u32(0)), PROTOCOL_ERROR],
    ['opens the window by three bytes', frame(FRAME.windowUpdate, 0, 0, Buffer.alloc(3)), FRAME_SIZE_ERROR],
    ['has a priority of four bytes', frame(FRAME.priority, 0, 1, Buffer.alloc(4)), FRAME_SIZE_ERROR],
    [
      'sends more frames than any answer has',
      Buffer.concat(Array.from({ length: MAX_FRAMES }, () => settings())),
      lost(`more than ${MAX_FRAMES} frames for one answer`),
    ],
    [
      'sends more bytes than any answer has',
      Buffer.concat(Array.from({ length: 33 }, () => frame(0xee, 0, 1, Buffer.alloc(16_384)))),
      lost(`more than ${MAX_BYTES} bytes for one answer`),
    ],
  ])('is of no use when a server %s', (_what, bytes, end) => expect(answer(bytes)).toEqual(end));

  it('has a window, which padding uses up as well', () => {
    const padding = data(Buffer.concat([Buffer.from([255]), Buffer.alloc(255)]), 8);
    expect(answer(headers(GRPC), ...Array.from({ length: 255 }, () => padding), data(SERVING), OK)).toEqual(answered(1));
    const end = lost('connection error: FLOW_CONTROL_ERROR');
    expect(answer(headers(GRPC), ...Array.from({ length: 256 }, () => padding), data(SERVING), OK)).toEqual(end);
  });

  it('has headers of 64 KiB at most, in one frame or many', () => {
    const many = Array.from({ length: 2_100 }, (_, index): Pair => [`h${index}`, 'x']);
    const end = failed(INTERNAL, 'peer header list size exceeded limit');
    expect(answer(headers([...GRPC, ...many.slice(0, 400)]), data(SERVING), OK)).toEqual(answered(1));
    const block = fields(...GRPC, ...many);
    const pieces = [0, 1, 2].map((piece) => block.subarray(piece * 10_000, (piece + 1) * 10_000));
    expect(answer(...pieces.map((part, piece) => frame(piece === 0 ? 1 : 9, piece === 2 ? 4 : 0, 1, part)))).toEqual(end);
    const large = frame(FRAME.continuation, 0, 1, Buffer.alloc(16_000));
    expect(answer(headers(GRPC, 0), ...Array.from({ length: 5 }, () => large))).toEqual(end);
  });

  it('answers settings and pings, in their order', () => {
    const check = createHealthCheck();
    const ping = frame(FRAME.ping, 0, 0, Buffer.from('12345678'));
    expect(Buffer.concat(check.push(Buffer.concat([settings(), ping])))).toEqual(
      Buffer.concat([frame(FRAME.settings, 1, 0), frame(FRAME.ping, 1, 0, Buffer.from('12345678'))]),
    );
    expect(check.push(frame(FRAME.settings, 1, 0))).toEqual([]);
    expect([check.isReady(), check.end()]).toEqual([true, undefined]);
  });

  it('is over with the first end', () => {
    const check = createHealthCheck();
    check.push(Buffer.concat([settings(), headers(GRPC), data(SERVING), OK, Buffer.from('nonsense of a length')]));
    check.push(frame(FRAME.rstStream, 0, 1, u32(1)));
    check.close('EOF');
    expect(check.end()).toEqual(answered(1));
  });
});

/** Frames that are right more often than not. */
const someFrames = fc.array(
  fc.oneof(
    fc.constantFrom(settings(), headers(GRPC), headers(GRPC, 0), data(SERVING), OK, frame(FRAME.ping, 0, 0, Buffer.alloc(8))),
    fc
      .tuple(fc.nat(10), fc.constantFrom(0, 1, 4, 5, 8, 32), fc.constantFrom(0, 1, 1, 1, 3), fc.uint8Array({ maxLength: 300 }))
      .map(([type, flags, stream, payload]) => frame(type, flags, stream, payload)),
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
  ),
  { maxLength: 12 },
);

it('whatever is sent comes to the same, however it is cut', () => {
  fc.assert(
    fc.property(someFrames, fc.array(fc.nat(400), { maxLength: 20 }), (frames, cuts) => {
      const bytes = Buffer.concat([settings(), ...frames]);
      const whole = createHealthCheck();
      const replies = Buffer.concat(whole.push(bytes));
      const check = createHealthCheck();
      const said: Uint8Array[] = [];
      // The bytes that are given are lent: they are overwritten as soon as they are taken.
      const lend = (part: Uint8Array): void => {
        const lent = Buffer.from(part);
        said.push(...check.push(lent));
        lent.fill(0xaa);
      };
      let at = 0;
      for (const length of cuts) {
        lend(bytes.subarray(at, at + length));
        at += length;
      }
      lend(bytes.subarray(at));
      for (const one of [whole, check]) one.close('EOF');
      expect(check.end()).toEqual(whole.end());
      expect(Buffer.concat(said)).toEqual(replies);
    }),
    { numRuns: 1_000 },
  );
});

it('a good answer comes to the same, cut at any byte and byte by byte, of bytes that are lent', () => {
  const [begin, end] = [fields(...GRPC).subarray(0, 20), fields(...GRPC).subarray(20)];
  const headersInPieces = [frame(FRAME.headers, 0, 1, begin), frame(FRAME.continuation, END_HEADERS, 1, end)];
  const bytes = Buffer.concat([settings(setting(4, 70_000)), ...headersInPieces, data(SERVING), OK]);
  const lend = (check: HealthCheck, part: Uint8Array): void => {
    const lent = Buffer.from(part);
    check.push(lent);
    lent.fill(0xaa);
  };
  for (let at = 0; at <= bytes.length; at += 1) {
    const check = createHealthCheck();
    lend(check, bytes.subarray(0, at));
    lend(check, bytes.subarray(at));
    expect(check.end()).toEqual(answered(1));
  }
  const check = createHealthCheck();
  for (const byte of bytes) lend(check, Uint8Array.of(byte));
  expect(check.end()).toEqual(answered(1));
});
