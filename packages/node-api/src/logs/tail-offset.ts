import { parseLogLine } from './log-line.js';

const BLOCK_BYTES = 1 << 16;
const NEWLINE = 0x0a;

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
  /** Bytes of the line that starts before the block read last. */
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
    carried = Buffer.from(bytes.subarray(0, lineEnd + 1));
    end = from;
  }
  return { offset: found === 0 ? size : offset, found };
};
