import { fullTimestamp, type LogLine, parseLogLine } from './log-line.js';

/** What of a log is wanted, and in which form. */
export interface LogFormat {
  /** Prefix every logical line with its time. Default false. */
  readonly timestamps?: boolean;
  /** Drop lines older than this instant, Unix ms. */
  readonly sinceMs?: number;
  /** Only this stream. Default both. */
  readonly stream?: 'stdout' | 'stderr';
}

export interface LineFormatter {
  /** Turns raw bytes of a log file into output. Bytes after the last newline are kept for the next call. */
  push(chunk: Buffer): Buffer;
  /** Gives out what still waits: call at the end of the log. */
  end(): Buffer;
}

const NEWLINE = 0x0a;
const EMPTY = Buffer.alloc(0);
/** Lines of the other stream that wait while a long line is being put together; past this they are let through. */
const MAX_HELD_BYTES = 1 << 20;

/**
 * Strips the CRI prefix of every line and joins partial pieces. A line of the other stream that arrives between two pieces waits
 * until the long line is complete, so that no two lines are ever mixed (upstream's reader mixes them).
 * Lines that are not in CRI format are dropped, as upstream does (staging/src/k8s.io/cri-client/pkg/logs/logs.go).
 */
export const createLineFormatter = ({ timestamps = false, sinceMs, stream }: LogFormat): LineFormatter => {
  let rest: Buffer = EMPTY;
  let timestampLength = 0;
  let open: 'stdout' | 'stderr' | undefined;
  let held: Buffer[] = [];
  let heldBytes = 0;
  /** Whether the pieces of the line that is open in each stream are wanted (decided by its first piece). */
  let dropping = false;

  const isOld = (bytes: Buffer, start: number, line: LogLine): boolean =>
    sinceMs !== undefined && Date.parse(bytes.toString('latin1', start, line.timestampEnd)) < sinceMs;

  const format = (bytes: Buffer, lineEnd: number): Buffer => {
    // Without timestamps the output is never longer than the input, so lines are moved left in place.
    const out = timestamps ? Buffer.allocUnsafe(bytes.length + countNewlines(bytes, lineEnd) * 16 + 64) : bytes;
    let written = 0;
    const heldOut: Buffer[] = [];
    const emit = (start: number, line: LogLine, contentEnd: number, isFirstPiece: boolean): void => {
      if (timestamps && isFirstPiece) {
        written += out.write(`${fullTimestamp(bytes.toString('latin1', start, line.timestampEnd))} `, written, 'latin1');
      }
      if (out === bytes) out.copyWithin(written, line.contentStart, contentEnd);
      else bytes.copy(out, written, line.contentStart, contentEnd);
      written += contentEnd - line.contentStart;
      if (!line.partial) {
        out[written] = NEWLINE;
        written += 1;
      }
    };
    let start = 0;
    while (start < lineEnd) {
      const end = bytes.indexOf(NEWLINE, start);
      const line = parseLogLine(bytes, start, end, timestampLength);
      if (line) {
        timestampLength = line.timestampEnd - start;
        if (stream !== undefined && line.stream !== stream) {
          start = end + 1;
          continue;
        }
        if (open !== undefined && line.stream !== open && heldBytes < MAX_HELD_BYTES) {
          held.push(Buffer.from(bytes.subarray(start, end + 1)));
          heldBytes += end + 1 - start;
        } else {
          const isFirstPiece = open !== line.stream;
          if (isFirstPiece) dropping = isOld(bytes, start, line);
          if (!dropping) emit(start, line, end, isFirstPiece);
          open = line.partial ? line.stream : undefined;
          if (open === undefined && held.length > 0) {
            const waiting = Buffer.concat(held);
            held = [];
            heldBytes = 0;
            heldOut.push(Buffer.from(out.subarray(0, written)), format(waiting, waiting.length));
            written = 0;
          }
        }
      }
      start = end + 1;
    }
    const tail = out.subarray(0, written);
    return heldOut.length === 0 ? tail : Buffer.concat([...heldOut, tail]);
  };

  return {
    push: (chunk) => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const lineEnd = bytes.lastIndexOf(NEWLINE) + 1;
      if (lineEnd === 0) {
        rest = bytes;
        return EMPTY;
      }
      rest = lineEnd === bytes.length ? EMPTY : Buffer.from(bytes.subarray(lineEnd));
      return format(bytes, lineEnd);
    },
    end: () => {
      open = undefined;
      const waiting = Buffer.concat(held);
      held = [];
      heldBytes = 0;
      rest = EMPTY;
      return waiting.length === 0 ? EMPTY : format(waiting, waiting.length);
    },
  };
};

const countNewlines = (bytes: Buffer, end: number): number => {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0 && at < end; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
};
