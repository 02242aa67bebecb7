import { parseLogLine } from './log-line.js';

const BLOCK_BYTES = 1 << 16;
/** What is kept of a line that begins in an earlier block: enough to tell its stream. A line may be longer than memory is large. */
const HEAD_BYTES = 256;
const NEWLINE = 0x0a;
const NEWLINE_BYTE = Buffer.from([NEWLINE]);

/** Fills `into` with the bytes at `position`. */
export type ReadAt = (into: Buffer, position: number) => Promise<unknown>;

/** Where the last `count` lines of a file start; `found` is how many lines there are from there on. */
export interface TailOffset {
  readonly offset: number;
  readonly found: number;
}

/**
 * Looks back from `size` for the start of the last `count` lines, in blocks, so that the tail of a large file is cheap.
 * A piece of a long line counts as a line, and an unterminated last line is not counted, as upstream.
 * With `stream`, only lines of that stream count.
 */
export const findTailOffset = async (readAt: ReadAt, size: number, count: number, stream?: 'stdout' | 'stderr'): Promise<TailOffset> => {
  let found = 0;
  let end = size;
  /** The first bytes, in the block read last, of the line that starts before it; with its newline when it is that short. */
  let carried: Buffer = Buffer.alloc(0);
  let offset = size;
  const counts = (line: Buffer): boolean => stream === undefined || parseLogLine(line, 0, line.length)?.stream === stream;
  while (end > 0) {
    const from = Math.max(0, end - BLOCK_BYTES);
    const block = Buffer.allocUnsafe(end - from);
    await readAt(block, from);
    const bytes = Buffer.concat([block, carried]);
    let lineEnd = bytes.lastIndexOf(NEWLINE);
    while (lineEnd >= 0) {
      const lineStart = lineEnd === 0 ? 0 : bytes.lastIndexOf(NEWLINE, lineEnd - 1) + 1;
      if (lineStart === 0 && from > 0) break;
      if (counts(bytes.subarray(lineStart, lineEnd))) {
        if (found === count) return { offset, found };
        found += 1;
        offset = from + lineStart;
      }
      if (lineStart === 0) break;
      lineEnd = lineStart - 1;
    }
    carried =
      lineEnd < HEAD_BYTES ? Buffer.from(bytes.subarray(0, lineEnd + 1)) : Buffer.concat([bytes.subarray(0, HEAD_BYTES), NEWLINE_BYTE]);
    end = from;
  }
  return { offset: found === 0 ? size : offset, found };
};
