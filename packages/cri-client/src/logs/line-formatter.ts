import { fullTimestamp, type LogLine, parseLogLine } from './log-line.js';
import { createWholeLines } from './whole-lines.js';

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
  /** Turns raw bytes of a log file into output. Bytes after the last newline, a record still being written, are kept for the next call. */
  push(chunk: Buffer): Buffer;
}

const NEWLINE = 0x0a;

/** A stream whose last record was a piece of a longer line. */
interface OpenLine {
  /** Its first piece was too old, so none of it is wanted. */
  readonly dropped: boolean;
}

/**
 * Strips the CRI prefix of every record and puts out its content at once, in the order of the file; the pieces of a long line follow each other without
 * a break. Where the other stream comes between two pieces, the line is broken there: nobody waits for a line that may never end, and no two lines
 * are glued together, as upstream's reader does (docs/decisions/190). Records that are not in CRI format are dropped, as upstream does
 * (staging/src/k8s.io/cri-client/pkg/logs/logs.go).
 */
export const createLineFormatter = ({ timestamps = false, sinceMs, stream }: LogFormat): LineFormatter => {
  const lines = createWholeLines();
  let timestampLength = 0;
  const open: Partial<Record<LogLine['stream'], OpenLine>> = {};
  /** The stream whose piece was put out last, while its line goes on. */
  let atPieceOf: LogLine['stream'] | undefined;

  const isOld = (bytes: Buffer, start: number, line: LogLine): boolean =>
    sinceMs !== undefined && Date.parse(bytes.toString('latin1', start, line.timestampEnd)) < sinceMs;

  const format = (bytes: Buffer): Buffer => {
    const lineEnd = bytes.length;
    // Without timestamps the output is never longer than the input, so lines are moved left in place.
    const out = timestamps ? Buffer.allocUnsafe(bytes.length + countNewlines(bytes, lineEnd) * 16 + 64) : bytes;
    let written = 0;
    const emit = (start: number, line: LogLine, contentEnd: number): void => {
      if (atPieceOf !== undefined && atPieceOf !== line.stream) {
        out[written] = NEWLINE;
        written += 1;
      }
      if (timestamps && atPieceOf !== line.stream) {
        written += out.write(`${fullTimestamp(bytes.toString('latin1', start, line.timestampEnd))} `, written, 'latin1');
      }
      if (out === bytes) out.copyWithin(written, line.contentStart, contentEnd);
      else bytes.copy(out, written, line.contentStart, contentEnd);
      written += contentEnd - line.contentStart;
      if (!line.partial) {
        out[written] = NEWLINE;
        written += 1;
      }
      atPieceOf = line.partial ? line.stream : undefined;
    };
    for (let start = 0; start < lineEnd; ) {
      const end = bytes.indexOf(NEWLINE, start);
      const line = parseLogLine(bytes, start, end, timestampLength);
      if (line) {
        timestampLength = line.timestampEnd - start;
        if (stream === undefined || line.stream === stream) {
          const dropped = open[line.stream]?.dropped ?? isOld(bytes, start, line);
          if (line.partial) open[line.stream] = { dropped };
          else delete open[line.stream];
          if (!dropped) emit(start, line, end);
        }
      }
      start = end + 1;
    }
    return out.subarray(0, written);
  };

  return {
    push: (chunk) => {
      const bytes = lines.push(chunk);
      return bytes.length === 0 ? bytes : format(bytes);
    },
  };
};

const countNewlines = (bytes: Buffer, end: number): number => {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0 && at < end; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
};
