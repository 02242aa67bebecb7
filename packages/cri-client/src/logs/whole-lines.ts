import { parseLogLine } from './log-line.js';

/** The longest line that is held in memory, bytes. containerd and CRI-O write 16 KiB at most unless they are told otherwise. */
const MAX_LINE_BYTES = 1 << 20;
/** The longest time, stream and tags in front of a line, bytes. */
const MAX_HEAD_BYTES = 256;
const NEWLINE = 0x0a;
const EMPTY: Buffer = Buffer.alloc(0);

export interface WholeLines {
  /** Gives the lines that are complete with these bytes, each with its newline. What comes after the last newline, a record still being written, waits. */
  push(chunk: Buffer): Buffer;
}

/**
 * Cuts the bytes of a log into lines in bounded memory. A line that is longer than is held (a runtime may be configured not to split them) is given in
 * pieces marked `P`, each with the head of the line, as runtimes write them; one that is no record and as long is left out.
 */
export const createWholeLines = (): WholeLines => {
  /** The bytes of the line that has begun. */
  let begun: Buffer[] = [];
  let begunBytes = 0;
  /** What is at the start of a line that is given in pieces, or `drop` within one that is left out. */
  let within: { readonly head: Buffer } | 'drop' | undefined;

  const start = (bytes: Buffer): void => {
    begun = bytes.length === 0 ? [] : [Buffer.from(bytes)];
    begunBytes = bytes.length;
  };
  /** Gives what was held of a line that is too long, as a piece of it. */
  const piece = (): Buffer => {
    if (within === 'drop') {
      start(EMPTY);
      return EMPTY;
    }
    const bytes = Buffer.concat(within === undefined ? begun : [within.head, ...begun]);
    start(EMPTY);
    const line = parseLogLine(bytes, 0, bytes.length);
    if (line === undefined || line.contentStart > MAX_HEAD_BYTES) {
      within = 'drop';
      return EMPTY;
    }
    within ??= { head: Buffer.from(bytes.subarray(0, line.contentStart)) };
    bytes.write('P', line.timestampEnd + ' stdout '.length);
    return Buffer.concat([bytes, Buffer.from('\n')]);
  };
  /** The rest of the line that had begun, with its newline. */
  const finish = (rest: Buffer): Buffer => {
    const bytes = within === 'drop' ? EMPTY : Buffer.concat(within === undefined ? [...begun, rest] : [within.head, ...begun, rest]);
    within = undefined;
    start(EMPTY);
    return bytes;
  };

  return {
    push: (chunk) => {
      const first = chunk.indexOf(NEWLINE) + 1;
      if (first === 0) {
        begun.push(Buffer.from(chunk));
        begunBytes += chunk.length;
        return begunBytes < MAX_LINE_BYTES ? EMPTY : piece();
      }
      const last = chunk.lastIndexOf(NEWLINE) + 1;
      if (begunBytes === 0 && within === undefined) {
        start(chunk.subarray(last));
        return chunk.subarray(0, last);
      }
      const bytes = Buffer.concat([finish(chunk.subarray(0, first)), chunk.subarray(first, last)]);
      start(chunk.subarray(last));
      return bytes;
    },
  };
};
