import { watch } from 'node:fs';
import { type FileHandle, lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { delay, longTimeout, onAbort } from '@solo-kubelet/timers';
import { openRegular } from '@solo-kubelet/untrusted-files';
import { listRotatedLogs, type RotatedLog, readRotatedLog } from './log-files.js';
import { tailOfRotated } from './tail-of-rotated.js';
import { findTailOffset } from './tail-offset.js';

/** Which part of which log is read. */
export interface LogSelection {
  /** The current log file, `…/<container>/<restart count>.log`. */
  readonly path: string;
  /** Only the last lines; a piece of a long line counts as one. Default all. */
  readonly tailLines?: number;
  /** Only this stream. Default both. */
  readonly stream?: 'stdout' | 'stderr';
  /** Keep reading as the log grows, until `isRunning` says that the container has ended. Default false. */
  readonly follow?: boolean;
  /** Asked at the end of the file while following, at most once a second. Default: always running. */
  readonly isRunning?: () => Promise<boolean>;
}

const CHUNK_BYTES = 1 << 18;
/** How long to wait for a change before looking all the same, ms: inotify may miss one (upstream: 1 s). */
const FOLLOW_POLL_MS = 1_000;
/** How long the runtime may still write to a file that it has already replaced, ms. */
const REOPEN_GRACE_MS = 100;
/** How often, and how long apart, a current file that is missing beside rotated ones is looked for. */
const OPEN_ATTEMPTS = 20;
const OPEN_PAUSE_MS = 50;

/** An open log file and how far it was read. */
interface OpenLog {
  readonly file: FileHandle;
  readonly inode: number;
  position: number;
  /** Rotated files that are older than this one, oldest first. */
  readonly older: readonly RotatedLog[];
}

/** The wanted bytes of a log, across its rotated files, none lost or given twice. */
export async function* rawLog(
  { path, tailLines, stream, follow = false, isRunning }: LogSelection,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let log = await openLog(path);
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let askedAt = -1;
  try {
    yield* startOfLog(log, tailLines, stream, signal);
    for (;;) {
      yield* drain(log, signal);
      if (!follow || signal.aborted) return;
      const isNewFile = await wasReplaced(path, log);
      if (isNewFile) {
        // The runtime opens the new file before it lets go of the old one, and what it has read by then still goes to the old one.
        await pause(REOPEN_GRACE_MS, signal);
        yield* drain(log, signal);
        const next = await openLog(path);
        const known = new Set(log.older.map(({ name }) => name));
        // The first name that is new is the file just drained; the others came and went in between.
        const between = next.older.filter(({ name }) => !known.has(name)).slice(1);
        await log.file.close();
        log = next;
        for (const rotated of between) yield* readRotatedLog(rotated, signal);
        continue;
      }
      // A container that has written since is asked about once a second: it may write a line each millisecond, and many may follow it.
      if (log.position === askedAt || performance.now() - askedAtMs >= FOLLOW_POLL_MS) {
        [askedAt, askedAtMs] = [log.position, performance.now()];
        const running = await (isRunning?.() ?? true);
        if (!running) {
          yield* drain(log, signal);
          return;
        }
      }
      await waitForChange(path, log, signal);
    }
  } finally {
    await log.file.close();
  }
}

const openLog = async (path: string): Promise<OpenLog> => {
  const file = await openCurrent(path);
  const inode = (await file.stat()).ino;
  // The names are taken after the file was opened, so none that is older is missed; it may have been rotated itself since.
  const rotated = await listRotatedLogs(path);
  const inodes = await Promise.all(rotated.map((one) => inodeOf(one.path)));
  return { file, inode, position: 0, older: rotated.filter((_, index) => inodes[index] !== inode) };
};

/** In the middle of a rotation there is no current file for a moment. */
const openCurrent = async (path: string): Promise<FileHandle> => {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await openRegular(path);
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!isMissing || attempt === OPEN_ATTEMPTS || (await listRotatedLogs(path)).length === 0) throw error;
      await delay(OPEN_PAUSE_MS);
    }
  }
};

const inodeOf = (path: string): Promise<number | undefined> =>
  lstat(path).then(
    ({ ino }) => ino,
    () => undefined,
  );

const pause = (ms: number, signal: AbortSignal): Promise<void> => delay(ms, undefined, { signal }).catch(() => {});

/** Positions `log` and yields what rotated files hold of the wanted part. */
async function* startOfLog(
  log: OpenLog,
  tailLines: number | undefined,
  stream: LogSelection['stream'],
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  if (tailLines === undefined) {
    for (const file of log.older) yield* readRotatedLog(file, signal);
    return;
  }
  const { offset, found } = await findTailOffset(
    (into, from) => log.file.read(into, 0, into.length, from),
    (await log.file.stat()).size,
    tailLines,
    stream,
  );
  log.position = offset;
  yield* tailOfRotated(log.older, tailLines - found, stream, signal);
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
    return (await lstat(path)).ino !== log.inode;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
};

/** Resolves when the log may have changed, after a second at the latest, or at once on abort. */
const waitForChange = (path: string, log: OpenLog, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const finish = (): void => {
      forget();
      release();
      watcher?.close();
      resolve();
    };
    const forget = longTimeout(finish, FOLLOW_POLL_MS);
    let release = (): void => {};
    let watcher: ReturnType<typeof watch> | undefined;
    try {
      watcher = watch(dirname(path), finish);
      watcher.on('error', finish);
    } catch {
      return; // the directory is gone: the timer looks again
    }
    // What was written between the last read and the start of the watch raises no event.
    void log.file.stat().then(({ size }) => size > log.position && finish(), finish);
    release = onAbort(signal, finish);
  });
