import { watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createLineFormatter, type LogFormat } from './line-formatter.js';
import { listRotatedLogs, type RotatedLog, readRotatedLog } from './log-files.js';
import { findTailOffset } from './tail-offset.js';

export interface ReadLogOptions extends LogFormat {
  /** The current log file, `…/<container>/<restart count>.log`. */
  readonly path: string;
  /** Only the last lines; a piece of a long line counts as one. Default all. */
  readonly tailLines?: number;
  /** Stop after this many bytes of output, timestamps included. */
  readonly limitBytes?: number;
  /** Keep reading as the log grows, until `isRunning` says that the container has ended. Default false. */
  readonly follow?: boolean;
  /** Asked at the end of the file while following, at most once a second. Default: always running. */
  readonly isRunning?: () => Promise<boolean>;
  readonly signal?: AbortSignal;
}

const CHUNK_BYTES = 1 << 18;
/** How long to wait for a change before looking all the same, ms: inotify may miss one (upstream: 1 s). */
const FOLLOW_POLL_MS = 1_000;

/**
 * The log of one container instance, ready to print: across rotated files, partial lines joined. Ends at the end of the log, or when
 * the container has ended in `follow` mode. Rejects with ENOENT when there is no log.
 *
 * Unlike upstream, which reads the current file only, lines that a rotation moved away are included: none is lost or given twice.
 */
export async function* readContainerLog(options: ReadLogOptions): AsyncGenerator<Buffer, void, void> {
  const { limitBytes = Number.POSITIVE_INFINITY, signal = new AbortController().signal } = options;
  const formatter = createLineFormatter(options);
  let left = limitBytes;
  for await (const raw of rawLog(options, signal)) {
    const output = formatter.push(raw);
    if (output.length === 0) continue;
    yield output.length > left ? output.subarray(0, left) : output;
    left -= output.length;
    if (left <= 0) return;
  }
  const last = formatter.end();
  if (last.length > 0) yield last.subarray(0, Math.min(last.length, left));
}

/** An open log file and how far it was read. */
interface OpenLog {
  readonly file: FileHandle;
  readonly inode: number;
  position: number;
  /** Rotated files that existed when it was opened: none of them can be this file. */
  readonly known: ReadonlySet<string>;
}

async function* rawLog(
  { path, tailLines, stream, follow = false, isRunning }: ReadLogOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let log = await openLog(path);
  try {
    yield* startOfLog(path, log, tailLines, stream, signal);
    for (;;) {
      yield* drain(log, signal);
      if (!follow || signal.aborted) return;
      const isNewFile = await wasReplaced(path, log);
      if (isNewFile) {
        yield* drain(log, signal);
        const next = await openLog(path);
        const between = (await listRotatedLogs(path)).filter(({ name }) => !log.known.has(name));
        // The first unknown name is the file just drained; the others came and went in between.
        for (const rotated of between.slice(1)) yield* readRotatedLog(rotated, signal);
        await log.file.close();
        log = next;
        continue;
      }
      const running = await (isRunning?.() ?? true);
      if (!running) {
        yield* drain(log, signal);
        return;
      }
      await waitForChange(path, log, signal);
    }
  } finally {
    await log.file.close();
  }
}

const openLog = async (path: string): Promise<OpenLog> => {
  // The names are taken before the file is opened: a rotation in between makes the new name unknown, never the old one known.
  const known = new Set((await listRotatedLogs(path)).map(({ name }) => name));
  const file = await open(path, 'r');
  return { file, inode: (await file.stat()).ino, position: 0, known };
};

/** Positions `log` and yields what rotated files hold of the wanted part. */
async function* startOfLog(
  path: string,
  log: OpenLog,
  tailLines: number | undefined,
  stream: LogFormat['stream'],
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const rotated = (await listRotatedLogs(path)).filter(({ name }) => log.known.has(name));
  if (tailLines === undefined) {
    for (const file of rotated) yield* readRotatedLog(file, signal);
    return;
  }
  const { offset, found } = await findTailOffset(
    (into, from) => log.file.read(into, 0, into.length, from),
    (await log.file.stat()).size,
    tailLines,
    stream,
  );
  log.position = offset;
  yield* tailOfRotated(rotated, tailLines - found, stream, signal);
}

/** The last `wanted` lines of the rotated files. Compressed ones are unpacked in memory, one at a time, newest first, only as far as needed. */
async function* tailOfRotated(
  rotated: readonly RotatedLog[],
  wanted: number,
  stream: LogFormat['stream'],
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const parts: Buffer[] = [];
  let left = wanted;
  for (let index = rotated.length - 1; index >= 0 && left > 0; index -= 1) {
    const chunks: Buffer[] = [];
    for await (const chunk of readRotatedLog(rotated[index]!, signal)) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const { offset, found } = await findTailOffset(async (into, from) => bytes.copy(into, 0, from), bytes.length, left, stream);
    parts.unshift(bytes.subarray(offset));
    left -= found;
  }
  yield* parts;
}

async function* drain(log: OpenLog, signal: AbortSignal): AsyncGenerator<Buffer> {
  while (!signal.aborted) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const { bytesRead } = await log.file.read(chunk, 0, CHUNK_BYTES, log.position);
    if (bytesRead === 0) return;
    log.position += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

const wasReplaced = async (path: string, log: OpenLog): Promise<boolean> => {
  try {
    return (await stat(path)).ino !== log.inode;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
};

/** Resolves when the log may have changed, after a second at the latest, or at once on abort. */
const waitForChange = (path: string, log: OpenLog, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      watcher?.close();
      resolve();
    };
    const timer = setTimeout(finish, FOLLOW_POLL_MS);
    signal.addEventListener('abort', finish, { once: true });
    let watcher: ReturnType<typeof watch> | undefined;
    try {
      watcher = watch(dirname(path), finish);
      watcher.on('error', finish);
    } catch {
      return; // the directory is gone: the timer looks again
    }
    // What was written between the last read and the start of the watch raises no event.
    void log.file.stat().then(({ size }) => size > log.position && finish(), finish);
    if (signal.aborted) finish();
  });
