import type { Writable } from 'node:stream';

/** At most so much is given to the connection before it has taken what came earlier, bytes. */
const PIECE_BYTES = 16 * 1_024;

export interface PieceWriter {
  /** Takes bytes that are written in order, as soon as the other side has taken those before. */
  write(bytes: string | Uint8Array): void;
  /** Ends the stream once everything has been written. */
  end(): void;
  /** What the other side has not taken yet, bytes. */
  readonly unwrittenBytes: number;
}

/**
 * Writes to a stream that stays open for hours. A TLS connection of Node.js keeps buffers for the most that was ever written to it at once
 * for as long as it lasts, so that a watch that began with 90 kB would hold twice that while nothing happens.
 */
export const writeInPieces = (stream: Writable): PieceWriter => {
  let queue: (string | Uint8Array)[] = [];
  /** How many at the head of `queue` are written: an array that gives up its first as often as it is long moves all the others each time. */
  let written = 0;
  let queuedBytes = 0;
  let isWriting = false;
  let isEnding = false;

  /** Short texts that follow one another, as one: node:http holds on to the last buffer that it was given, and to no text. */
  const nextPiece = (): string | Uint8Array => {
    const first = queue[written] ?? '';
    if (typeof first !== 'string') {
      if (first.length > PIECE_BYTES) queue[written] = first.subarray(PIECE_BYTES);
      else written += 1;
      return first.subarray(0, PIECE_BYTES);
    }
    written += 1;
    let text = first;
    for (let bytes = Buffer.byteLength(first); ; written += 1) {
      const other = queue[written];
      if (typeof other !== 'string') return text;
      bytes += Buffer.byteLength(other);
      if (bytes > PIECE_BYTES) return text;
      text += other;
    }
  };
  /** Lets go of what is written, once that is half of the queue. */
  const forget = (): void => {
    if (written < queue.length / 2) return;
    queue = queue.slice(written);
    written = 0;
  };
  const next = (): void => {
    if (isWriting || stream.destroyed) return;
    if (queue.length === 0) {
      if (isEnding) stream.end();
      return;
    }
    const piece = nextPiece();
    forget();
    queuedBytes -= Buffer.byteLength(piece);
    isWriting = true;
    stream.write(piece, () => {
      isWriting = false;
      next();
    });
  };

  return {
    write: (bytes) => {
      const length = Buffer.byteLength(bytes);
      if (isEnding || length === 0) return;
      queue.push(typeof bytes === 'string' && length > PIECE_BYTES ? Buffer.from(bytes, 'utf8') : bytes);
      queuedBytes += length;
      next();
    },
    end: () => {
      isEnding = true;
      if (stream.destroyed) queue = [];
      next();
    },
    get unwrittenBytes() {
      return queuedBytes + stream.writableLength;
    },
  };
};
