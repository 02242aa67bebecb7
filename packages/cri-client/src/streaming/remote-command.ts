import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { onAbort } from '@solo-kubelet/timers';
import { collectReason } from './collect-reason.js';
import { createSpdyConnection } from './spdy-connection.js';
import { type StreamEndpoint, upgradeToSpdy } from './upgrade.js';

const PROTOCOL = 'v4.channel.k8s.io';

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

export interface RemoteCommandOptions {
  readonly endpoint: StreamEndpoint;
  /** Path and query of exec or attach, with the flags `input`, `output`, `error`, `tty` already in it. */
  readonly path: string;
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  /** Not used with a terminal: it has one output only. */
  readonly stderr?: Writable;
  readonly tty: boolean;
  /** Sizes of the terminal, the first at once. */
  readonly sizes?: AsyncIterable<TerminalSize>;
  readonly signal: AbortSignal;
}

/** How a command in a container ended. */
export type RemoteCommandResult =
  | { readonly type: 'exited'; readonly code: number }
  | { readonly type: 'failed'; readonly message: string };

/** Runs an exec or attach session to its end over SPDY, with stdin's end passed on (which WebSocket v4 cannot do). */
export const runRemoteCommand = async (options: RemoteCommandOptions): Promise<RemoteCommandResult> => {
  const { endpoint, path, stdin, stdout, stderr, tty, sizes, signal } = options;
  const { socket, head } = await upgradeToSpdy(endpoint, path, PROTOCOL, signal);
  using connection = createSpdyConnection(socket, head);
  const ended = new AbortController();
  const stop = (): void => void socket.destroy();
  const release = onAbort(signal, stop);
  try {
    // The server waits until all streams it expects are there; the order is upstream's.
    const errorStream = connection.createStream({ streamType: 'error' });
    errorStream.end();
    const stdinStream = stdin && connection.createStream({ streamType: 'stdin' });
    const stdoutStream = stdout && connection.createStream({ streamType: 'stdout' });
    stdoutStream?.end();
    const stderrStream = stderr && !tty ? connection.createStream({ streamType: 'stderr' }) : undefined;
    stderrStream?.end();
    const resizeStream = tty ? connection.createStream({ streamType: 'resize' }) : undefined;

    // One that fails early must have somebody who listens.
    const outputs = Promise.allSettled([
      stdoutStream && stdout && pour(stdoutStream, stdout, signal),
      stderrStream && stderr && pour(stderrStream, stderr, signal),
    ]);
    // The end of the session ends the input, never the other way round.
    // What a peer says where only we speak is nobody's, and must not hold up the rest.
    stdinStream?.resume();
    resizeStream?.resume();
    if (stdinStream && stdin) pipeline(stdin, stdinStream, { signal: ended.signal }).catch(() => {});
    if (resizeStream && sizes) sendSizes(sizes, resizeStream, ended.signal).catch(() => {});

    const status = await readStatus(errorStream);
    await outputs;
    return resultOf(status);
  } finally {
    ended.abort();
    release();
  }
};

/** Passes everything on and leaves the output open: it is the program's own, and more may come. */
const pour = async (from: Readable, to: Writable, signal: AbortSignal): Promise<void> => {
  for await (const chunk of from) {
    if (to.destroyed) return;
    if (!to.write(chunk)) await once(to, 'drain', { signal });
  }
};

const sendSizes = async (sizes: AsyncIterable<TerminalSize>, stream: Writable, signal: AbortSignal): Promise<void> => {
  for await (const { width, height } of sizes) {
    if (signal.aborted) return;
    stream.write(JSON.stringify({ Width: width, Height: height }));
  }
};

const readStatus = async (stream: Readable): Promise<string> => {
  const chunks: Buffer[] = [];
  try {
    await collectReason(stream, chunks);
  } catch {
    // A broken connection ends the stream early; what was read tells whether the command had ended before.
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** Reads the status that protocol v4 sends on its error channel. */
export const resultOf = (text: string): RemoteCommandResult => {
  if (text === '') return { type: 'failed', message: 'the connection was lost before the command ended' };
  let status: unknown;
  try {
    status = JSON.parse(text);
  } catch {
    return { type: 'failed', message: text };
  }
  if (fieldOf(status, 'status') === 'Success') return { type: 'exited', code: 0 };
  const causes = fieldOf(fieldOf(status, 'details'), 'causes');
  const code =
    fieldOf(status, 'reason') === 'NonZeroExitCode' && Array.isArray(causes)
      ? fieldOf(
          causes.find((cause) => fieldOf(cause, 'reason') === 'ExitCode'),
          'message',
        )
      : undefined;
  if (typeof code === 'string' && EXIT_CODE.test(code)) return { type: 'exited', code: Number(code) };
  const message = fieldOf(status, 'message');
  return { type: 'failed', message: typeof message === 'string' ? message : text };
};

/** As Go prints an int of 32 bits. */
const EXIT_CODE = /^-?\d{1,10}$/;

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
