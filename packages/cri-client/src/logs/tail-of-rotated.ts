import type { FileHandle } from 'node:fs/promises';
import { openRegular } from '@solo-kubelet/untrusted-files';
import { type RotatedLog, readRotatedLog } from './log-files.js';
import { parseLogLine } from './log-line.js';
import { findTailOffset } from './tail-offset.js';

const NEWLINE = 0x0a;
const CHUNK_BYTES = 1 << 18;
/** What is kept of a line to tell its stream: a timestamp and a stream's name. */
const HEAD_BYTES = 128;

type Stream = 'stdout' | 'stderr' | undefined;

/** Where the wanted lines of one rotated file begin. */
type Start =
  | { readonly type: 'offset'; readonly file: FileHandle; readonly offset: number }
  | { readonly type: 'skip'; readonly log: RotatedLog; readonly lines: number };

/**
 * The last `wanted` lines of rotated files, given oldest first, in bounded memory: plain files are searched from their end; compressed ones
 * are unpacked twice, to count their lines and to give them. Only as many files are opened as are needed.
 */
export async function* tailOfRotated(
  rotated: readonly RotatedLog[],
  wanted: number,
  stream: Stream,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const starts: Start[] = [];
  try {
    let left = wanted;
    for (let index = rotated.length - 1; index >= 0 && left > 0; index -= 1) {
      const { start, found } = await findStart(rotated[index] as RotatedLog, left, stream, signal);
      starts.unshift(start);
      left -= found;
    }
    for (const start of starts) {
      if (start.type === 'offset') yield* readFrom(start.file, start.offset, signal);
      else yield* withoutLines(readRotatedLog(start.log, signal), start.lines, stream);
    }
  } finally {
    await Promise.all(starts.map((start) => (start.type === 'offset' ? start.file.close() : undefined)));
  }
}

const findStart = async (
  log: RotatedLog,
  wanted: number,
  stream: Stream,
  signal: AbortSignal,
): Promise<{ readonly start: Start; readonly found: number }> => {
  // Not there: compressed since the listing, which reading takes into account.
  const file = log.compressed ? undefined : await openRegular(log.path, { signal }).catch(() => undefined);
  if (!file) {
    const counted = await countLines(readRotatedLog(log, signal), stream);
    const lines = Math.max(0, counted - wanted);
    return { start: { type: 'skip', log, lines }, found: counted - lines };
  }
  try {
    const { size } = await file.stat();
    const { offset, found } = await findTailOffset((into, from) => file.read(into, 0, into.length, from), size, wanted, stream);
    return { start: { type: 'offset', file, offset }, found };
  } catch (error) {
    await file.close();
    throw error;
  }
};

async function* readFrom(file: FileHandle, offset: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  let position = offset;
  while (!signal.aborted) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

/** Tells of each line end whether the line counts; keeps the beginning of a line that goes on in the next chunk, and no more of it. */
const createLineCounter = (stream: Stream): ((chunk: Buffer, lineEnded: (end: number) => boolean) => void) => {
  let head: Buffer = Buffer.alloc(0);
  return (chunk, lineEnded) => {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const counts = stream === undefined || streamOf(head, chunk.subarray(start, end)) === stream;
      head = Buffer.alloc(0);
      start = end + 1;
      if (counts && !lineEnded(start)) return;
    }
    head = Buffer.concat([head, chunk.subarray(start, start + HEAD_BYTES)]).subarray(0, HEAD_BYTES);
  };
};

const streamOf = (head: Buffer, rest: Buffer): Stream => {
  const line = head.length === 0 ? rest : Buffer.concat([head, rest.subarray(0, HEAD_BYTES)]);
  return parseLogLine(line, 0, line.length)?.stream;
};

const countLines = async (chunks: AsyncIterable<Buffer>, stream: Stream): Promise<number> => {
  const counter = createLineCounter(stream);
  let count = 0;
  for await (const chunk of chunks) {
    counter(chunk, () => {
      count += 1;
      return true;
    });
  }
  return count;
};

/** What follows the first so many lines that count. */
async function* withoutLines(chunks: AsyncIterable<Buffer>, lines: number, stream: Stream): AsyncGenerator<Buffer> {
  const counter = createLineCounter(stream);
  let left = lines;
  for await (const chunk of chunks) {
    let from = left === 0 ? 0 : chunk.length;
    if (left > 0)
      counter(chunk, (end) => {
        left -= 1;
        if (left === 0) from = end;
        return left > 0;
      });
    if (from < chunk.length) yield chunk.subarray(from);
  }
}
