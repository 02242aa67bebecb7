/** Frames of HTTP/2 as bytes, right and wrong ones alike (RFC 9113). */
export { FRAME } from '../src/core/http2/frame-types.js';

export const END_STREAM = 1;
export const END_HEADERS = 4;

export const frame = (
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
  length = payload.length,
): Buffer => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length & 0xff_ffff, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, payload]);
};

const prefixed = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  // An integer of more than seven bits (RFC 7541, 5.1).
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
};

/** Header fields as literals that no table remembers. */
export const fields = (...pairs: readonly (readonly [string, string])[]): Buffer =>
  Buffer.concat(pairs.flatMap(([name, value]) => [Buffer.from([0]), prefixed(name), prefixed(value)]));

/** A message of gRPC: whether it is compressed, its length as told, and its bytes. */
export const message = (bytes: Uint8Array, compressed = 0, length = bytes.length): Buffer => {
  const head = Buffer.alloc(5);
  head[0] = compressed;
  head.writeUInt32BE(length >>> 0, 1);
  return Buffer.concat([head, bytes]);
};
