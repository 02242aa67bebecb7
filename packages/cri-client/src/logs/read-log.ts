import { ContainerState } from '@solo-kubelet/cri-types';
import type { CriClient } from '../create-cri-client.js';
import { CriError } from '../cri-error.js';
import { fullTimestamp, parseLogLine } from './log-line.js';
import { type LogSelection, rawLog } from './raw-log.js';
import { createWholeLines } from './whole-lines.js';

/** One record of a container's log: a line, or a piece of a long one. */
export interface LogRecord {
  /** When the runtime read it: RFC 3339 with nine digits of a second. */
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  /** The bytes that the container wrote, without a newline. */
  readonly content: Buffer;
  /** Whether the line goes on with the next record of this stream. */
  readonly partial: boolean;
}

export interface ReadLogOptions {
  readonly containerId: string;
  /** Only the last records of the log. Default all. */
  readonly tailLines?: number;
  /** Leave out lines that began before this instant, Unix ms. Default none. */
  readonly sinceMs?: number;
  /** Only this stream. Default both. */
  readonly stream?: 'stdout' | 'stderr';
  /** Ends the reading, without an error. */
  readonly signal?: AbortSignal;
}

type Runtime = Pick<CriClient, 'runtime'>;

const neverAborted = new AbortController().signal;

/**
 * What a container has written so far, record by record in the order of the log, rotated and compressed files included.
 * @throws CriError with code CRI_NOT_FOUND when there is no such container, or it has no log; an error with code EFTYPE or ELOOP when
 * something else than a file is in the place of the log
 */
export const readLog = (cri: Runtime, options: ReadLogOptions): AsyncGenerator<LogRecord, void, void> => records(cri, options, false);

/** The same, and then what it writes from now on, until it has ended. A runtime that is being restarted doesn't end it. */
export const followLog = (cri: Runtime, options: ReadLogOptions): AsyncGenerator<LogRecord, void, void> => records(cri, options, true);

async function* records(cri: Runtime, options: ReadLogOptions, follow: boolean): AsyncGenerator<LogRecord, void, void> {
  const { containerId, sinceMs, stream, signal = neverAborted } = options;
  const path = await logPathOf(cri, containerId, signal);
  const selection: LogSelection = {
    path,
    follow,
    isRunning: () => isContainerRunning(cri, containerId, { signal }),
    ...(options.tailLines === undefined ? {} : { tailLines: options.tailLines }),
    ...(stream === undefined ? {} : { stream }),
  };
  const lines = createWholeLines();
  /** For each stream, whether the line that goes on is left out. */
  const open = new Map<LogRecord['stream'], boolean>();
  try {
    for await (const raw of rawLog(selection, signal)) {
      const bytes = lines.push(raw);
      for (let start = 0; start < bytes.length; ) {
        const end = bytes.indexOf('\n', start);
        const record = recordOf(bytes, start, end);
        start = end + 1;
        if (record === undefined || (stream !== undefined && record.stream !== stream)) continue;
        const leftOut = open.get(record.stream) ?? (sinceMs !== undefined && Date.parse(record.time) < sinceMs);
        if (record.partial) open.set(record.stream, leftOut);
        else open.delete(record.stream);
        if (!leftOut) yield record;
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw noLog(containerId, error);
    throw error;
  }
}

const recordOf = (bytes: Buffer, start: number, end: number): LogRecord | undefined => {
  const line = parseLogLine(bytes, start, end);
  if (line === undefined) return undefined;
  return {
    time: fullTimestamp(bytes.toString('latin1', start, line.timestampEnd)),
    stream: line.stream,
    content: bytes.subarray(line.contentStart, end),
    partial: line.partial,
  };
};

const logPathOf = async ({ runtime }: Runtime, containerId: string, signal: AbortSignal): Promise<string> => {
  const { status } = await runtime.containerStatus({ containerId }, { signal });
  if (status === undefined || status.logPath === '') throw noLog(containerId);
  return status.logPath;
};

const noLog = (containerId: string, cause?: unknown): CriError =>
  new CriError({
    code: 'CRI_NOT_FOUND',
    message: `container ${containerId} has no log`,
    hint: 'Give the container a logPath, and its sandbox a logDirectory. A log goes with its container.',
    cause,
  });

/** Whether a container runs; while the runtime can't be reached it is taken to. */
export const isContainerRunning = async (
  { runtime }: Runtime,
  containerId: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<boolean> => {
  try {
    const { status } = await runtime.containerStatus({ containerId }, { signal });
    return status?.state === ContainerState.CONTAINER_RUNNING;
  } catch (error) {
    return CriError.is(error) && error.code === 'CRI_UNAVAILABLE';
  }
};
