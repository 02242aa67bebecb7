import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** The longest text of one log line, bytes; longer ones are written in pieces marked `P`, the last one `F` (containerd's default). */
export const MAX_LOG_LINE_BYTES = 16 * 1024;

/** RFC 3339 with nanoseconds, UTC. */
export const logTime = (nanoseconds: bigint): string => {
  const seconds = new Date(Number(nanoseconds / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(nanoseconds % 1_000_000_000n).padStart(9, '0')}Z`;
};

const line = (nanoseconds: bigint, stream: string, tag: 'P' | 'F', text: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${logTime(nanoseconds)} ${stream} ${tag} `), text, Buffer.from('\n')]);

/** What a runtime writes to a container's log for these bytes: whole lines marked `F`, pieces of over-long ones `P`. */
export const formatLog = (bytes: Buffer, stream: 'stdout' | 'stderr', nowNs: () => bigint): Buffer => {
  const lines: Buffer[] = [];
  let start = 0;
  while (start < bytes.length) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    for (let piece = start; ; piece += MAX_LOG_LINE_BYTES) {
      const last = end - piece <= MAX_LOG_LINE_BYTES;
      lines.push(line(nowNs(), stream, last ? 'F' : 'P', bytes.subarray(piece, last ? end : piece + MAX_LOG_LINE_BYTES)));
      if (last) break;
    }
    start = end + 1;
  }
  return Buffer.concat(lines);
};

/** The open log file of one container. */
export interface ContainerLog {
  write(stream: 'stdout' | 'stderr', text: string | Uint8Array): void;
  /** Opens the path anew, as after a rotation. */
  reopen(): void;
  close(): void;
}

/** Opens a container's log; a partial line waits for its end, or for the close. */
export const openContainerLog = (path: string, nowNs: () => bigint): ContainerLog => {
  mkdirSync(dirname(path), { recursive: true });
  let file = openSync(path, 'a', 0o640);
  const rests = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  const put = (stream: 'stdout' | 'stderr', bytes: Buffer): void => {
    if (bytes.length > 0) writeSync(file, formatLog(bytes, stream, nowNs));
  };
  return {
    write: (stream, text) => {
      const bytes = Buffer.concat([rests[stream], Buffer.from(text)]);
      const end = bytes.lastIndexOf(0x0a) + 1;
      rests[stream] = bytes.subarray(end);
      put(stream, bytes.subarray(0, end));
    },
    reopen: () => {
      closeSync(file);
      file = openSync(path, 'a', 0o640);
    },
    close: () => {
      put('stdout', rests.stdout);
      put('stderr', rests.stderr);
      closeSync(file);
    },
  };
};
