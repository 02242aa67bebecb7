import { encodeProtobuf } from '@solo-kubelet/api-protobuf';
import { jsonText } from './object-json.js';

const MAGIC = Uint8Array.from([0x6b, 0x38, 0x73, 0x00]);
const encoder = new TextEncoder();

const varint = (value: number): number[] => {
  const bytes: number[] = [];
  let left = value;
  while (left > 127) {
    bytes.push((left % 128) | 128);
    left = Math.floor(left / 128);
  }
  return [...bytes, left];
};

const field = (number: number, bytes: Uint8Array): Uint8Array => {
  const head = Uint8Array.from([(number << 3) | 2, ...varint(bytes.length)]);
  return join([head, bytes]);
};

const join = (parts: readonly Uint8Array[]): Uint8Array => {
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
};

/**
 * An object in the envelope of `application/vnd.kubernetes.protobuf` (runtime.Unknown). What has no message, as lists, has its content as JSON, which
 * the envelope's content type says.
 */
export const protobufObject = (value: unknown): Uint8Array =>
  encodeProtobuf((value ?? {}) as Readonly<Record<string, unknown>>) ?? jsonInEnvelope(value);

const jsonInEnvelope = (value: unknown): Uint8Array => {
  const { apiVersion = '', kind = '' } = (value ?? {}) as { apiVersion?: string; kind?: string };
  const type = join([field(1, encoder.encode(apiVersion)), field(2, encoder.encode(kind))]);
  const content = encoder.encode(jsonText(value));
  return join([MAGIC, field(1, type), field(2, content), field(4, encoder.encode('application/json'))]);
};
