/**
 * SPDY/3.1 frames, as far as Kubernetes' streaming uses them (exec, attach, port-forward). A frame starts with 8 bytes: for data
 * `0 stream-id(31) flags(8) length(24)`, for control `1 version(15) type(16) flags(8) length(24)`.
 */
export type SpdyFrame =
  | { readonly type: 'data'; readonly streamId: number; readonly fin: boolean; readonly data: Buffer }
  | { readonly type: 'synReply'; readonly streamId: number; readonly fin: boolean }
  | { readonly type: 'rstStream'; readonly streamId: number; readonly status: number }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'goAway' }
  | { readonly type: 'ignored' };

const VERSION = 3;
const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const GOAWAY = 7;
const FLAG_FIN = 1;
const HEADER_BYTES = 8;
const STREAM_ID_MASK = 0x7f_ff_ff_ff;

const controlFrame = (type: number, flags: number, payload: Buffer): Buffer => {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(0x8000 | VERSION, 0);
  header.writeUInt16BE(type, 2);
  header.writeUInt32BE(((flags << 24) | payload.length) >>> 0, 4);
  return Buffer.concat([header, payload]);
};

export const dataFrame = (streamId: number, data: Buffer, fin: boolean): readonly Buffer[] => {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(streamId, 0);
  header.writeUInt32BE((((fin ? FLAG_FIN : 0) << 24) | data.length) >>> 0, 4);
  return data.length === 0 ? [header] : [header, data];
};

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
};

const nameValueBlock = (headers: Readonly<Record<string, string>>): Buffer => {
  const pairs = Object.entries(headers).flatMap(([name, value]) => {
    const [nameBytes, valueBytes] = [Buffer.from(name.toLowerCase()), Buffer.from(value)];
    return [uint32(nameBytes.length), nameBytes, uint32(valueBytes.length), valueBytes];
  });
  return Buffer.concat([uint32(Object.keys(headers).length), ...pairs]);
};

const ZLIB_HEADER = Buffer.from([0x78, 0x01]);
/** An empty stored block: what a compressor's sync flush ends with. A reader hands out what it has when it meets one. */
const FLUSH = Buffer.from([0, 0, 0, 0xff, 0xff]);

/**
 * Headers travel in one zlib stream per connection. A stored (uncompressed) block is valid in it and needs neither the SPDY dictionary
 * nor a compressor; `isFirst` puts the zlib header in front.
 */
const storedBlock = (block: Buffer, isFirst: boolean): Buffer => {
  const header = Buffer.alloc(5);
  header.writeUInt16LE(block.length, 1);
  header.writeUInt16LE(~block.length & 0xffff, 3);
  return Buffer.concat([...(isFirst ? [ZLIB_HEADER] : []), header, block, FLUSH]);
};

export const synStreamFrame = (streamId: number, headers: Readonly<Record<string, string>>, isFirst: boolean): Buffer =>
  controlFrame(
    SYN_STREAM,
    0,
    Buffer.concat([uint32(streamId), uint32(0), Buffer.from([0, 0]), storedBlock(nameValueBlock(headers), isFirst)]),
  );

export const pingFrame = (id: number): Buffer => controlFrame(PING, 0, uint32(id));

export const rstStreamFrame = (streamId: number, status: number): Buffer =>
  controlFrame(RST_STREAM, 0, Buffer.concat([uint32(streamId), uint32(status)]));

/** Cuts incoming bytes into frames. Header blocks of replies are not needed and not decoded. */
export const createFrameReader = (): ((chunk: Buffer) => readonly SpdyFrame[]) => {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const frames: SpdyFrame[] = [];
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const length = bytes.readUInt32BE(at + 4) & 0xff_ff_ff;
      const end = at + HEADER_BYTES + length;
      if (bytes.length < end) break;
      frames.push(parseFrame(bytes.subarray(at, end)));
      at = end;
    }
    rest = bytes.subarray(at);
    return frames;
  };
};

const parseFrame = (bytes: Buffer): SpdyFrame => {
  const fin = ((bytes[4] ?? 0) & FLAG_FIN) !== 0;
  const payload = bytes.subarray(HEADER_BYTES);
  if (((bytes[0] ?? 0) & 0x80) === 0) return { type: 'data', streamId: bytes.readUInt32BE(0) & STREAM_ID_MASK, fin, data: payload };
  const streamId = payload.length >= 4 ? payload.readUInt32BE(0) & STREAM_ID_MASK : 0;
  switch (bytes.readUInt16BE(2)) {
    case SYN_REPLY:
      return { type: 'synReply', streamId, fin };
    case RST_STREAM:
      return { type: 'rstStream', streamId, status: payload.length >= 8 ? payload.readUInt32BE(4) : 0 };
    case PING:
      return { type: 'ping', id: payload.length >= 4 ? payload.readUInt32BE(0) : 0 };
    case GOAWAY:
      return { type: 'goAway' };
    default:
      return { type: 'ignored' };
  }
};
