import { FRAME_HEAD_BYTES, MAX_FRAME_BYTES, readU31 } from './frame-types.js';

/** Takes a frame, whose bytes are its own only until it returns. Whether the next one is wanted. */
export type OnFrame = (type: number, flags: number, stream: number, payload: Uint8Array) => boolean;

export interface FrameReader {
  /** Tells of each frame that is complete with these bytes; what is wrong, if the next can't be one. Not to be called again after that. */
  push(bytes: Uint8Array): string | undefined;
}

/**
 * Cuts bytes into frames, however they come. Holds no more than one frame of 16 KiB, and copies only those that come in pieces, each byte once.
 */
export const createFrameReader = (onFrame: OnFrame): FrameReader => {
  let head = NO_BYTES;
  let headFilled = 0;
  let payload: Uint8Array | undefined;
  let filled = 0;

  /** Goes on with a frame that has begun earlier; how many of the bytes belong to it. */
  const resume = (bytes: Uint8Array): number => {
    let at = 0;
    if (headFilled === 0) head = new Uint8Array(FRAME_HEAD_BYTES);
    while (headFilled < FRAME_HEAD_BYTES && at < bytes.length) head[headFilled++] = bytes[at++] ?? 0;
    if (headFilled < FRAME_HEAD_BYTES || lengthOf(head, 0) > MAX_FRAME_BYTES) return at;
    payload ??= new Uint8Array(lengthOf(head, 0));
    const part = bytes.subarray(at, at + payload.length - filled);
    payload.set(part, filled);
    filled += part.length;
    return at + part.length;
  };

  return {
    push: (bytes) => {
      let at = 0;
      if (headFilled > 0) {
        at = resume(bytes);
        if (headFilled < FRAME_HEAD_BYTES) return undefined;
        if (payload === undefined) return tooLarge(head, 0);
        if (filled < payload.length) return undefined;
        const whole = payload;
        payload = undefined;
        headFilled = 0;
        filled = 0;
        if (!tell(head, 0, whole, onFrame)) return undefined;
      }
      while (bytes.length - at >= FRAME_HEAD_BYTES) {
        const length = lengthOf(bytes, at);
        if (length > MAX_FRAME_BYTES) return tooLarge(bytes, at);
        const end = at + FRAME_HEAD_BYTES + length;
        if (end > bytes.length) break;
        if (!tell(bytes, at, bytes.subarray(at + FRAME_HEAD_BYTES, end), onFrame)) return undefined;
        at = end;
      }
      if (at < bytes.length) resume(bytes.subarray(at));
      return undefined;
    },
  };
};

const NO_BYTES = new Uint8Array(0);

const lengthOf = (head: Uint8Array, at: number): number => ((head[at] ?? 0) << 16) | ((head[at + 1] ?? 0) << 8) | (head[at + 2] ?? 0);

const tell = (head: Uint8Array, at: number, payload: Uint8Array, onFrame: OnFrame): boolean =>
  onFrame(head[at + 3] ?? 0, head[at + 4] ?? 0, readU31(head, at + 5), payload);

/** With Go's words. */
const tooLarge = (head: Uint8Array, at: number): string =>
  HTTP_1.every((byte, index) => head[at + index] === byte)
    ? 'http2: failed reading the frame payload: http2: frame too large, note that the frame header looked like an HTTP/1.1 header'
    : 'http2: frame too large';

const HTTP_1 = [...'HTTP/1.'].map((letter) => letter.charCodeAt(0));
