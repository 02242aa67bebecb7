import { expect, it } from 'vitest';
import { createFrameReader } from '../http2/frame-reader.js';
import { createHpackDecoder } from '../http2/hpack-decoder.js';
import { encodeHealthCheck, encodeTimeout } from './health-request.js';

const asked = { authority: '[::1]:5000', service: '', scheme: 'http', userAgent: 'kube-probe/1.36', timeoutMs: 1_500 } as const;
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

const framesOf = (bytes: Uint8Array) => {
  const frames: { readonly type: number; readonly flags: number; readonly stream: number; readonly payload: Buffer }[] = [];
  const reader = createFrameReader((type, flags, stream, payload) => {
    frames.push({ type, flags, stream, payload: Buffer.from(payload) });
    return true;
  });
  expect(Buffer.from(bytes.subarray(0, PREFACE.length)).toString()).toBe(PREFACE);
  expect(reader.push(bytes.subarray(PREFACE.length))).toBeUndefined();
  return frames;
};

it('is the preface, settings, headers and a message', () => {
  const [settings, headers, data, ...more] = framesOf(encodeHealthCheck(asked)!);
  expect(settings).toMatchObject({ type: 4, flags: 0, stream: 0 });
  expect(settings?.payload.toString('hex')).toBe('000100000000000200000000000600010000');
  expect(headers).toMatchObject({ type: 1, flags: 4, stream: 1 });
  expect(createHpackDecoder({ maxListBytes: 4_096 }).decode(headers!.payload)).toEqual({
    type: 'fields',
    fields: [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', '/grpc.health.v1.Health/Check'],
      [':authority', '[::1]:5000'],
      ['content-type', 'application/grpc'],
      ['user-agent', 'kube-probe/1.36'],
      ['te', 'trailers'],
      ['grpc-timeout', '1500m'],
    ],
  });
  expect(data).toEqual({ type: 0, flags: 1, stream: 1, payload: Buffer.from([0, 0, 0, 0, 0]) });
  expect(more).toEqual([]);
});

it('has the name of a service, in as many frames as it needs', () => {
  const service = 'ä'.repeat(20_000);
  const bodies = framesOf(encodeHealthCheck({ ...asked, service })!).filter(({ type }) => type === 0);
  expect(bodies.map(({ flags, payload }) => [flags, payload.length])).toEqual([
    [0, 16_384],
    [0, 16_384],
    [1, 40_009 - 32_768],
  ]);
  const body = Buffer.concat(bodies.map(({ payload }) => payload));
  expect(body.subarray(0, 9).toString('hex')).toBe('0000009c440ac0b802');
  expect(body.subarray(9).toString()).toBe(service);
  expect(encodeHealthCheck({ ...asked, service: 'x'.repeat(65_536) })).toBeUndefined();
});

it.each([
  [1, '1m'],
  [1_000, '1000m'],
  [99_999_999, '99999999m'],
  [100_000_001, '100001S'],
  [2_147_483_647_000, '35791395M'],
  [6_000_000_000_000, '1666667H'],
])('a time of %i ms is told in eight digits as %s', (ms, text) => expect(encodeTimeout(ms)).toBe(text));
