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

/** How much of a control frame's payload says something that is needed: a stream or ping id, and a status. */
const NEEDED_CONTROL_BYTES = 8;

/**
 * Cuts incoming bytes into frames, and keeps no more than 16 of them however long a frame is: data is handed on as it comes, in parts of which the last
 * has `fin`, and of control frames all but the beginning is skipped. Header blocks of replies are not needed and never inflated.
 */
export const createFrameReader = (): ((chunk: Buffer) => readonly SpdyFrame[]) => {
  const start = Buffer.alloc(HEADER_BYTES + NEEDED_CONTROL_BYTES);
  let startBytes = 0;
  /** How much of `start` has to be there before the frame can be told of. */
  let wantedBytes = HEADER_BYTES;
  let payloadBytes = 0;
  let inPayload = false;
  const begin = (): void => {
    startBytes = 0;
    wantedBytes = HEADER_BYTES;
    inPayload = false;
  };
  return (chunk) => {
    const frames: SpdyFrame[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (inPayload) {
        const data = chunk.subarray(at, at + payloadBytes);
        at += data.length;
        payloadBytes -= data.length;
        if (!isControl(start))
          frames.push({ type: 'data', streamId: streamIdAt(start, 0), fin: payloadBytes === 0 && hasFin(start), data });
        if (payloadBytes === 0) begin();
        continue;
      }
      const taken = chunk.copy(start, startBytes, at, at + wantedBytes - startBytes);
      at += taken;
      startBytes += taken;
      if (startBytes < wantedBytes) continue;
      if (wantedBytes === HEADER_BYTES) {
        payloadBytes = start.readUIntBE(5, 3);
        if (isControl(start)) wantedBytes += Math.min(payloadBytes, NEEDED_CONTROL_BYTES);
        else if (payloadBytes === 0) frames.push({ type: 'data', streamId: streamIdAt(start, 0), fin: hasFin(start), data: NO_BYTES });
        if (startBytes < wantedBytes) continue;
      }
      if (isControl(start)) {
        frames.push(controlOf(start.subarray(0, startBytes)));
        payloadBytes -= startBytes - HEADER_BYTES;
      }
      if (payloadBytes > 0) inPayload = true;
      else begin();
    }
    return frames;
  };
};

const NO_BYTES = Buffer.alloc(0);
const isControl = (start: Buffer): boolean => ((start[0] ?? 0) & 0x80) !== 0;
const hasFin = (start: Buffer): boolean => ((start[4] ?? 0) & FLAG_FIN) !== 0;
const streamIdAt = (bytes: Buffer, at: number): number => bytes.readUInt32BE(at) & STREAM_ID_MASK;

const controlOf = (bytes: Buffer): SpdyFrame => {
  const payload = bytes.subarray(HEADER_BYTES);
  const streamId = payload.length >= 4 ? streamIdAt(payload, 0) : 0;
  switch (bytes.readUInt16BE(2)) {
    case SYN_REPLY:
      return { type: 'synReply', streamId, fin: hasFin(bytes) };
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
