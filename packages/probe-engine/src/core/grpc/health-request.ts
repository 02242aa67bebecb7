import { encodeFields } from '../http2/encode-fields.js';
import { encodeFrame, encodeU32, joinBytes } from '../http2/encode-frames.js';
import { FLAG, FRAME, INITIAL_WINDOW_BYTES, MAX_FRAME_BYTES } from '../http2/frame-types.js';
import { SETTING } from '../http2/settings.js';
import { MAX_HEADER_LIST_BYTES, STREAM } from '../http2/stream-reader.js';
import { encodeHealthRequest } from './health-messages.js';

export interface HealthRequest {
  /** Host and port. */
  readonly authority: string;
  /** Empty for the server as a whole. */
  readonly service: string;
  readonly scheme: 'http' | 'https';
  readonly userAgent: string;
  /** Told to the server, ms. */
  readonly timeoutMs: number;
}

/**
 * All that a client has to send for one `grpc.health.v1.Health/Check` over a connection of its own: the preface, settings, headers and the message. A server needs no word of its own before;
 * until its settings come, the defaults hold (RFC 9113, 3.4). Undefined when the service's name is longer than what may be sent at once.
 */
export const encodeHealthCheck = ({ authority, service, scheme, userAgent, timeoutMs }: HealthRequest): Uint8Array | undefined => {
  const message = encodeHealthRequest(service);
  const body = joinBytes([Uint8Array.of(0), encodeU32(message.length), message]);
  if (body.length > INITIAL_WINDOW_BYTES) return undefined;
  const fields = encodeFields([
    [':method', 'POST'],
    [':scheme', scheme],
    [':path', '/grpc.health.v1.Health/Check'],
    [':authority', authority],
    ['content-type', 'application/grpc'],
    ['user-agent', userAgent],
    ['te', 'trailers'],
    ['grpc-timeout', encodeTimeout(timeoutMs)],
  ]);
  const frames = [BEGINNING, encodeFrame(FRAME.headers, FLAG.endHeaders, STREAM, fields)];
  for (let at = 0; at < body.length; at += MAX_FRAME_BYTES) {
    const end = at + MAX_FRAME_BYTES;
    frames.push(encodeFrame(FRAME.data, end >= body.length ? FLAG.endStream : 0, STREAM, body.subarray(at, end)));
  }
  return joinBytes(frames);
};

const setting = (id: number, value: number): Uint8Array => joinBytes([Uint8Array.of(0, id), encodeU32(value)]);

/** The preface (RFC 9113, 3.4) and settings: no table of headers to be kept, nothing pushed, no more headers than are read. */
const BEGINNING = joinBytes([
  new TextEncoder().encode('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  encodeFrame(
    FRAME.settings,
    0,
    0,
    joinBytes([
      setting(SETTING.headerTableSize, 0),
      setting(SETTING.enablePush, 0),
      setting(SETTING.maxHeaderListSize, MAX_HEADER_LIST_BYTES),
    ]),
  ),
]);

/** `grpc-timeout` has eight digits at most, and a unit. */
const MAX_TIMEOUT = 99_999_999;
const UNITS = [
  ['m', 1],
  ['S', 1_000],
  ['M', 60_000],
] as const;
export const encodeTimeout = (timeoutMs: number): string => {
  for (const [unit, ms] of UNITS) if (Math.ceil(timeoutMs / ms) <= MAX_TIMEOUT) return `${Math.ceil(timeoutMs / ms)}${unit}`;
  return `${Math.min(Math.ceil(timeoutMs / 3_600_000), MAX_TIMEOUT)}H`;
};
