import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type CheckEnd, createHealthCheck } from '../core/grpc/health-check.js';
import { joinBytes } from '../core/http2/encode-frames.js';
import { onAbort, type ProbeAttemptOptions } from '../probe-handler.js';

export interface HealthCall {
  readonly host: string;
  readonly port: number;
  /** Whoever answers is taken for whom it is, as with httpGet. */
  readonly isTls: boolean;
  /** All that is to be said, from the preface on. */
  readonly request: Uint8Array;
}

/** How it ended, `late` when it was aborted before. */
export type CallEnd = CheckEnd | { readonly type: 'late'; readonly isConnected: boolean };

/**
 * Makes one health check over a connection of its own, which is closed when `done` is called: once, at the latest when the attempt is aborted. Takes a
 * callback because it runs a thousand times a second.
 */
export const callHealthCheck = (call: HealthCall, options: ProbeAttemptOptions, done: (end: CallEnd) => void): void => {
  const check = createHealthCheck();
  let [isOpen, isOver] = [false, false];
  let socket: Socket | undefined;
  let ignore = (): void => {};
  const finish = (end: CallEnd): void => {
    if (isOver) return;
    isOver = true;
    ignore();
    socket?.destroy();
    done(end);
  };
  const take = (bytes: Uint8Array): void => {
    if (isOver) return;
    const replies = check.push(bytes);
    const end = check.end();
    if (end !== undefined) finish(end);
    else if (replies.length > 0) socket?.write(joinBytes(replies));
  };
  const lose = (why: string): void => {
    if (isOpen) check.close(why);
    finish(check.end() ?? { type: 'notConnected', why });
  };
  const begin = (): void => {
    isOpen = true;
    if (!isOver) socket?.write(call.request);
  };

  ignore = onAbort(options, () => finish({ type: 'late', isConnected: check.isReady() }));
  if (isOver) return;
  socket = call.isTls ? openTls(call, { begin, take, lose }) : openPlain(call, { begin, take });
  socket.on('error', (error) => lose(describe(error)));
  socket.once('end', () => lose('EOF'));
  socket.once('close', () => lose('EOF'));
};

interface Listener {
  begin(): void;
  take(bytes: Uint8Array): void;
  lose(why: string): void;
}

/** What a connection has received is taken before another one receives: they share these bytes. */
const RECEIVED = new Uint8Array(65_536);

/** Without the stream that Node would make of what is received, which is dear. */
const openPlain = ({ host, port }: HealthCall, { begin, take }: Pick<Listener, 'begin' | 'take'>): Socket => {
  const callback = (length: number): boolean => {
    take(RECEIVED.subarray(0, length));
    return true;
  };
  return connect({ host, port, onread: { buffer: RECEIVED, callback } }).once('connect', begin);
};

const openTls = ({ host, port }: HealthCall, { begin, take, lose }: Listener): Socket => {
  const socket = connectTls({ host, port, rejectUnauthorized: false, checkServerIdentity: () => undefined, ALPNProtocols: ['h2'] });
  socket.once('secureConnect', () => (socket.alpnProtocol === 'h2' ? begin() : lose(NO_ALPN)));
  return socket.on('data', take);
};

const describe = ({ message, code = '' }: NodeJS.ErrnoException): string => HANDSHAKES.get(code) ?? message.trimEnd();

/** What OpenSSL says at length, with Go's words. */
const HANDSHAKES = new Map([
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'transport: authentication handshake failed: tls: first record does not look like a TLS handshake'],
  ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', 'transport: authentication handshake failed: remote error: tls: no application protocol'],
]);
/** As grpc-go has it since 1.67. */
const NO_ALPN = 'transport: authentication handshake failed: credentials: cannot check peer: missing selected ALPN property';
