import type { Readable } from 'node:stream';
import { describeError, isAbort } from '@solo-kubelet/diagnostics';
import { letGo, requestFailure } from '@solo-kubelet/manifest-source';
import { joinSignals, onAbort } from '@solo-kubelet/timers';
import { firstValueFrom, from, map, merge, NEVER, type SchedulerLike, Subject, switchMap } from 'rxjs';
import { judgePiece, type Piece, rangeOf } from '../core/images/piece.js';
import type { SourceReason } from '../core/source-status.js';
import { REASONS } from '../places/failures.js';
import type { Inquiry } from '../places/place.js';
import type { BlobPool, PartialBlob } from './blob-pool.js';
import { isNoSpace } from './image-room.js';
import { tooSlow } from './too-slow.js';

/** Asked for at once: what a broken line costs is less than what a request does. */
const PIECE_BYTES = 16 << 20;
/** Slower than this for as long as that, it makes room for another one and is tried again later. */
const MIN_BYTES_PER_SECOND = 1_024;
const MAX_WINDOW_MS = 60_000;

export interface FetchFailure {
  readonly reason: SourceReason;
  readonly message: string;
}

export type FetchedBlob = { readonly type: 'here' } | ({ readonly type: 'failed' } & FetchFailure);

export interface FetchBlobOptions {
  readonly file: NonNullable<Inquiry['file']>;
  readonly pool: BlobPool;
  /** Relative to the directory of the source's document. */
  readonly path: string;
  readonly digest: string;
  /** Bytes. Undefined: it is a document, whose size nobody said. */
  readonly size: number | undefined;
  /** Most that a document of an unknown size may have. */
  readonly maxBytes: number;
  /** Limit of one request of the source, ms. */
  readonly timeoutMs: number;
  readonly scheduler: SchedulerLike;
  /** Told of bytes that came to lie on the disk. */
  readonly told: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Fetches what is missing of a blob and verifies it. What came of it stays, unless it is something else; nothing it does lasts for ever. */
export const fetchBlob = async (options: FetchBlobOptions): Promise<FetchedBlob> => {
  const { timeoutMs, scheduler, signal } = options;
  const windowMs = Math.min(timeoutMs, MAX_WINDOW_MS);
  const minBytes = Math.ceil((MIN_BYTES_PER_SECOND * windowMs) / 1_000);
  const gaveUp = new AbortController();
  using joined = joinSignals([signal, gaveUp.signal]);
  // Bytes as they come, for the watch over the pace that runs beside the download.
  const came$ = new Subject<number>();
  // What the disk takes its time for, before and after, is no fault of the server: to read what is here already may take minutes.
  const asking$ = new Subject<boolean>();
  // Nor what it takes its time for in between: nothing more is read from the server meanwhile.
  let diskWork: object | undefined;
  const download = downloadBlob({
    ...options,
    signal: joined.signal,
    asks: (asking) => asking$.next(asking),
    came: (bytes) => came$.next(bytes),
    onDisk: async (work) => {
      diskWork = work;
      try {
        await work;
      } finally {
        diskWork = undefined;
      }
    },
  });
  const slow$ = asking$.pipe(
    switchMap((asking) => (asking ? came$.pipe(tooSlow({ minBytes, windowMs, heldUpBy: () => diskWork, scheduler })) : NEVER)),
    map(() => failed('TooSlow', `${options.path}: gave less than ${minBytes} bytes within ${windowMs / 1_000} s; it goes on later`)),
  );
  const outcome = await firstValueFrom(merge(from(download), slow$));
  gaveUp.abort();
  // Nobody else may write to the file while it does.
  await download.catch(() => undefined);
  return outcome;
};

const failed = (reason: SourceReason, message: string): FetchedBlob => ({ type: 'failed', reason, message });

interface DownloadOptions extends FetchBlobOptions {
  /** Told when the server's time begins, and when it is over. */
  readonly asks: (asking: boolean) => void;
  readonly came: (bytes: number) => void;
  /** Waits for the disk, while the server isn't asked for more. */
  readonly onDisk: (work: Promise<void>) => Promise<void>;
}

const downloadBlob = async (options: DownloadOptions): Promise<FetchedBlob> => {
  const { pool, digest, size, path, signal } = options;
  try {
    const partial = await pool.open(digest, signal);
    try {
      if (size === undefined || partial.size > size) await partial.drop();
      options.asks(true);
      const failure = size === undefined ? await takeDocument(options, partial) : await takePieces({ ...options, size }, partial);
      options.asks(false);
      if (failure !== undefined) return failure;
      return (await partial.finish()) ? { type: 'here' } : failed('HashMismatch', `${path}: what came is not ${digest}`);
    } finally {
      await partial.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    return failed(isNoSpace(error) ? 'DiskFull' : 'NotKept', `${path}: it could not be kept on disk: ${describeError(error)}`);
  }
};

const takePieces = async (options: DownloadOptions & { readonly size: number }, partial: PartialBlob): Promise<FetchedBlob | undefined> => {
  const { file, path, size, signal } = options;
  while (partial.size < size) {
    const piece: Piece = { from: partial.size, to: Math.min(size, partial.size + PIECE_BYTES), size };
    const opened = await file({ path, range: rangeOf(piece), signal });
    if (opened.type === 'failed') return failed(opened.reason, opened.message);
    const { status, statusLine, header, body, where } = opened;
    const head = { status, statusLine, contentRange: header('content-range'), contentLength: header('content-length') };
    const verdict = judgePiece(head, piece);
    if (verdict.type === 'refused') {
      letGo(opened);
      if (verdict.drop) await partial.drop();
      return failed(verdict.reason, `${where}: ${verdict.message}`);
    }
    const before = partial.size;
    const broken = await takeBody({ ...options, body, ...verdict }, partial);
    await options.onDisk(partial.sync());
    if (broken !== undefined) return failed(broken.reason, `${where}: ${broken.message}`);
    if (status === 200 && partial.size < size) {
      // It came to its end: no later try would find more.
      const message = `${where}: has ${partial.size} bytes, and ${size} were announced`;
      await partial.drop();
      return failed('HashMismatch', message);
    }
    if (partial.size === before) return failed('Unreachable', `${where}: its answer ended before its first byte`);
  }
  return undefined;
};

const takeDocument = async (options: DownloadOptions, partial: PartialBlob): Promise<FetchedBlob | undefined> => {
  const { file, path, maxBytes, signal } = options;
  const opened = await file({ path, range: undefined, signal });
  if (opened.type === 'failed') return failed(opened.reason, opened.message);
  const { status, statusLine, body, where } = opened;
  if (status !== 200) {
    letGo(opened);
    return failed(status === 404 ? 'NotFound' : 'HttpError', `${where}: answered ${statusLine}`);
  }
  const broken = await takeBody({ ...options, body, skip: 0, take: maxBytes + 1 }, partial);
  if (broken !== undefined) return failed(broken.reason, `${where}: ${broken.message}`);
  if (partial.size <= maxBytes) return undefined;
  await partial.drop();
  return failed('TooLarge', `${where}: has more than ${maxBytes} bytes, the most that a document of an image may have`);
};

interface BodyOptions extends DownloadOptions {
  readonly body: Readable;
  readonly skip: number;
  readonly take: number;
}

/** Writes what is wanted of a body, and lets go of it then, however much it has. Errors of the disk are thrown, those of the line returned. */
const takeBody = async (
  { body, skip, take, came, onDisk, told, signal }: BodyOptions,
  partial: PartialBlob,
): Promise<{ readonly reason: SourceReason; readonly message: string } | undefined> => {
  let [toSkip, toTake] = [skip, take];
  // A read that waits ends at once, whatever the body is made of.
  const release = onAbort(signal, () => void body.destroy());
  const parts = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  try {
    while (toTake > 0) {
      const read = await parts.next().catch((error: unknown) => ({ error }));
      signal.throwIfAborted();
      if ('error' in read) {
        if (isAbort(read.error)) throw read.error;
        const { why, message } = requestFailure(read.error);
        return { reason: REASONS[why], message };
      }
      if (read.done) return undefined;
      const bytes = read.value;
      came(bytes.length);
      const wanted = bytes.subarray(Math.min(toSkip, bytes.length)).subarray(0, toTake);
      toSkip -= Math.min(toSkip, bytes.length);
      if (wanted.length === 0) continue;
      await onDisk(partial.write(wanted));
      toTake -= wanted.length;
      told(wanted.length);
    }
    return undefined;
  } finally {
    release();
    body.destroy();
  }
};
