import { FRAME_HEAD_BYTES } from './frame-types.js';

/** A frame as bytes. */
export const encodeFrame = (type: number, flags: number, stream: number, payload: Uint8Array = NOTHING): Uint8Array => {
  const bytes = new Uint8Array(FRAME_HEAD_BYTES + payload.length);
  bytes[0] = payload.length >> 16;
  bytes[1] = payload.length >> 8;
  bytes[2] = payload.length;
  bytes[3] = type;
  bytes[4] = flags;
  bytes.set(encodeU32(stream), 5);
  bytes.set(payload, FRAME_HEAD_BYTES);
  return bytes;
};
const NOTHING = new Uint8Array(0);

export const encodeU32 = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

export const joinBytes = (parts: readonly Uint8Array[]): Uint8Array => {
  if (parts.length === 1 && parts[0] !== undefined) return parts[0];
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};
