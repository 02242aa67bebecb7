import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describeError } from '@solo-kubelet/diagnostics';
import type { WireRequest } from '../core/wire-request.js';
import { MAX_OUTPUT_BYTES, onAbort, type ProbeAttemptOptions } from '../probe-handler.js';

/** `failed`: no answer. `broken`: an answer whose body did not arrive whole. */
export type GetAnswer =
  | {
      readonly type: 'complete';
      readonly status: number;
      /** The first `Location`, as bytes; empty without one. */
      readonly location: string;
      /** At most 10 KiB. */
      readonly body: Uint8Array;
    }
  | { readonly type: 'broken'; readonly why: string }
  | { readonly type: 'failed'; readonly why: string; readonly answersPlainHttp?: true };

/** Longest head of an answer, and all interim (1xx) answers together, bytes. Go's limit is 10 MB. */
const MAX_HEAD_BYTES = 256 * 1024;

/**
 * One request on a connection of its own, read by Node's own parser. The connection is closed once 10 KiB of the body have come. TLS is not
 * verified and HTTP/2 not offered; no proxy (docs/decisions/035). Never rejects, and nothing that a server sends can throw outside of it.
 */
export const sendGet = (wire: WireRequest, options: ProbeAttemptOptions): Promise<GetAnswer> =>
  new Promise((resolve) => {
    let call: ClientRequest | undefined;
    let answered = false;
    let over = false;
    let ignore = (): void => {};
    const end = (answer: GetAnswer): void => {
      if (over) return;
      over = true;
      ignore();
      resolve(answer);
      call?.destroy();
    };
    const giveUp = (why: string): void => end({ type: answered ? 'broken' : 'failed', why });
    /** What a listener throws would otherwise end the process. */
    const guarded =
      <Arguments extends readonly unknown[]>(listener: (...given: Arguments) => void) =>
      (...given: Arguments): void => {
        try {
          if (!over) listener(...given);
        } catch (error) {
          giveUp(describeError(error));
        }
      };
    const takeAnswer = (response: IncomingMessage): void => {
      answered = true;
      readBody(response, guarded, end, giveUp);
    };
    try {
      const socket = open(wire);
      // The request itself listens a turn of the event loop later.
      socket.on('error', () => {});
      call = createCall(wire, socket);
      call.on('response', guarded(takeAnswer));
      call.on(
        'upgrade',
        guarded((response: IncomingMessage) => end(complete(response, []))),
      );
      call.on(
        'information',
        guarded(() => {
          if (socket.bytesRead > MAX_HEAD_BYTES) giveUp(`more than ${MAX_HEAD_BYTES} bytes came before the answer`);
        }),
      );
      call.on(
        'error',
        guarded((error: NodeJS.ErrnoException) => {
          // OpenSSL says no more of what a server that does not speak TLS has sent; most often it is HTTP.
          if (wire.tls && error.code === 'ERR_SSL_WRONG_VERSION_NUMBER')
            end({ type: 'failed', why: 'http: server gave HTTP response to HTTPS client', answersPlainHttp: true });
          else giveUp(error.message);
        }),
      );
      const started = call;
      // What is written before TLS is up would fail in words of its own.
      if (wire.tls)
        socket.once(
          'secureConnect',
          guarded(() => started.end()),
        );
      else started.end();
    } catch (error) {
      giveUp(describeError(error));
    }
    if (!over) ignore = onAbort(options, () => giveUp('context deadline exceeded (Client.Timeout exceeded while awaiting headers)'));
    if (over) ignore();
  });

const complete = (response: IncomingMessage, parts: readonly Uint8Array[]): GetAnswer => ({
  type: 'complete',
  status: response.statusCode ?? 0,
  location: response.headers.location ?? '',
  body: Buffer.concat(parts).subarray(0, MAX_OUTPUT_BYTES),
});

const readBody = (
  response: IncomingMessage,
  guarded: <Arguments extends readonly unknown[]>(listener: (...given: Arguments) => void) => (...given: Arguments) => void,
  end: (answer: GetAnswer) => void,
  giveUp: (why: string) => void,
): void => {
  const parts: Uint8Array[] = [];
  let length = 0;
  response.on(
    'data',
    guarded((part: Uint8Array) => {
      parts.push(part);
      length += part.length;
      if (length >= MAX_OUTPUT_BYTES) end(complete(response, parts));
    }),
  );
  response.on(
    'end',
    guarded(() => end(complete(response, parts))),
  );
  response.on(
    'error',
    guarded(() => giveUp('unexpected EOF')),
  );
  response.on('error', () => {});
};

/**
 * The head is written as it was made: `path` is put in place afterwards, and past its setter, because the constructor, and of Node.js 24 the setter too,
 * refuse the blanks that Go leaves in a query.
 */
const createCall = ({ target, headers }: WireRequest, socket: Socket): ClientRequest => {
  const call = httpRequest({
    createConnection: () => socket,
    setHost: false,
    maxHeaderSize: MAX_HEAD_BYTES,
    // As lenient as Go's reader: a bare LF ends a line, and Transfer-Encoding goes before Content-Length.
    insecureHTTPParser: true,
  });
  // From here on it tells of its connection's errors, and one that nobody listens to would end the process.
  call.on('error', () => {});
  try {
    Object.defineProperty(call, 'path', { value: target, writable: true, enumerable: true, configurable: true });
    for (const [name, values] of headers) {
      const before = call.getHeader(name);
      call.setHeader(name, before === undefined && values.length === 1 ? (values[0] ?? '') : [before ?? [], values].flat(2).map(String));
    }
    return call;
  } catch (error) {
    call.destroy();
    throw error;
  }
};

const open = ({ tls, hostname: host, port }: WireRequest): Socket => {
  if (!tls) return connect({ host, port });
  return connectTls({ host, port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'], ...(isIP(host) ? {} : { servername: host }) });
};
