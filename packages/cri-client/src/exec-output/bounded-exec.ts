import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { createConnection } from 'node:net';
import { status } from '@grpc/grpc-js';
import type { ExecSyncResponse } from '@solo-kubelet/cri-types';
import { longTimeout, onAbort } from '@solo-kubelet/timers';
import type { OutputKept } from './excerpt.js';
import { createExecSyncReader, type GrpcFault } from './exec-sync-reader.js';

export interface BoundedExecOptions {
  readonly socketPath: string;
  readonly maxMessageBytes: number;
}

export interface BoundedExecCall {
  /** `/runtime.v1.RuntimeService/ExecSync` */
  readonly path: string;
  /** The request, encoded. */
  readonly message: Uint8Array;
  readonly kept: OutputKept;
  /** Time limit, ms; undefined: none. */
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** ExecSync over a connection of its own that holds no answer whole. */
export interface BoundedExec {
  /** Rejects with a GrpcFault, or with the signal's reason. */
  call(call: BoundedExecCall): Promise<ExecSyncResponse>;
  /** Ends all calls and the connection. */
  close(): void;
}

/** Most that the header of a time limit may say: eight digits. */
const MAX_TIMEOUT_MS = 99_999_999;

/**
 * gRPC's own client holds every answer whole, and some copies of it: a command that writes 15 MB, in a probe of each second, costs 50 MB for each container
 * that has one. This one speaks the same protocol and drops what nobody wants as it comes.
 */
export const createBoundedExec = ({ socketPath, maxMessageBytes }: BoundedExecOptions): BoundedExec => {
  let session: ClientHttp2Session | undefined;
  /** Calls under way. Some may be on a connection that takes no more. */
  const calls = new WeakMap<ClientHttp2Session, number>();

  const open = (): ClientHttp2Session => {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    const opened = connect('http://localhost', { createConnection: () => createConnection(socketPath) });
    const forget = (): void => {
      if (session === opened) session = undefined;
    };
    // Calls are told of it by themselves.
    opened.on('error', forget);
    opened.on('close', forget);
    // A runtime that goes takes no new calls; those under way end.
    opened.on('goaway', forget);
    session = opened;
    return opened;
  };
  /** A connection that nobody uses keeps no process alive. */
  const used = (by: ClientHttp2Session, change: 1 | -1): void => {
    const left = (calls.get(by) ?? 0) + change;
    calls.set(by, left);
    if (by.destroyed) return;
    if (left > 0) by.ref();
    else by.unref();
  };

  return {
    call: ({ path, message, kept, timeoutMs, signal }) =>
      new Promise<ExecSyncResponse>((resolve, reject) => {
        const over = open();
        const reader = createExecSyncReader(kept, maxMessageBytes);
        let headers: IncomingHttpHeaders = {};
        let trailers: IncomingHttpHeaders | undefined;
        const stream = request(over, path, timeoutMs);
        used(over, 1);
        /** What the connection says afterwards is nobody's matter. */
        const giveUp = (reason: unknown): void => {
          reject(reason);
          stream.close(constants.NGHTTP2_CANCEL);
        };
        const inTime =
          timeoutMs === undefined ? undefined : longTimeout(() => giveUp(fault(status.DEADLINE_EXCEEDED, 'Deadline exceeded')), timeoutMs);
        const release = onAbort(signal, () => giveUp(signal?.reason));
        let broke: Error | undefined;
        stream.on('error', (error: Error) => {
          broke = error;
        });
        stream.on('response', (said) => {
          headers = said;
          // An answer that is an error has its status where others have none.
          if (said['grpc-status'] !== undefined) trailers = said;
        });
        stream.on('trailers', (said) => {
          trailers = said;
        });
        stream.on('data', (chunk: Buffer) => {
          const wrong = reader.read(chunk);
          if (wrong !== undefined) giveUp(wrong);
        });
        stream.once('close', () => {
          inTime?.();
          release();
          used(over, -1);
          const failed = faultOf({ headers, trailers, broke, rstCode: stream.rstCode ?? 0 });
          if (failed !== undefined) return reject(failed);
          const reply = reader.reply();
          if (reply === undefined) reject(fault(status.INTERNAL, 'No message received'));
          else resolve(reply);
        });
        stream.end(framed(message));
      }),
    close: () => {
      const closing = session;
      session = undefined;
      closing?.destroy();
    },
  };
};

const fault = (code: number, details: string): GrpcFault => ({ code, details });

const request = (over: ClientHttp2Session, path: string, timeoutMs: number | undefined): ClientHttp2Stream =>
  over.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...(timeoutMs !== undefined && timeoutMs <= MAX_TIMEOUT_MS && { 'grpc-timeout': `${Math.max(1, Math.ceil(timeoutMs))}m` }),
  });

const framed = (message: Uint8Array): Buffer => {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
};

interface Ended {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly broke: Error | undefined;
  readonly rstCode: number;
}

/** Why a call that has ended failed; undefined: it did not (doc/http-grpc-status-mapping.md and PROTOCOL-HTTP2.md of gRPC). */
const faultOf = ({ headers, trailers, broke, rstCode }: Ended): GrpcFault | undefined => {
  const said = trailers?.['grpc-status'];
  if (said !== undefined) {
    const code = /^\d{1,2}$/.test(String(said)) ? Number(said) : status.UNKNOWN;
    return code === status.OK ? undefined : fault(code, decoded(String(trailers?.['grpc-message'] ?? '')));
  }
  if (rstCode === constants.NGHTTP2_REFUSED_STREAM) return fault(status.UNAVAILABLE, 'Stream refused by server');
  if (rstCode === constants.NGHTTP2_ENHANCE_YOUR_CALM)
    return fault(status.RESOURCE_EXHAUSTED, 'Bandwidth exhausted or memory limit exceeded');
  if (broke !== undefined || headers[':status'] === undefined) return fault(status.UNAVAILABLE, broke?.message ?? 'Connection dropped');
  if (Number(headers[':status']) !== 200) return fault(status.UNKNOWN, `Received HTTP status code ${headers[':status']}`);
  return fault(status.UNKNOWN, 'No status received');
};

/** A message as gRPC writes it: percent-encoded. */
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
