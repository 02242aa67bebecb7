import { type ClientHttp2Session, connect as connectHttp2, constants, type IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import { describeError } from '@solo-kubelet/diagnostics';
import type { WireRequest } from '../core/wire-request.js';
import { MAX_OUTPUT_BYTES, onAbort, type ProbeAttemptOptions } from '../probe-handler.js';
import type { GetAnswer } from './send-get.js';

/** Fields of an answer's head, all pseudo ones included; what comes with more is refused by Node's own reader. */
const MAX_HEADER_PAIRS = 256;

/** Of HTTP/1.1 alone: they may not be sent over HTTP/2 (RFC 9113, 8.2.2). */
const NOT_SENT: ReadonlySet<string> = new Set(['connection', 'host', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);

/**
 * One request by HTTP/2 without TLS and without an upgrade (prior knowledge, RFC 9113, 3.3) on a connection of its own. The connection is closed once
 * 10 KiB of the body have come. A server that speaks HTTP/1.1 fails it. Never rejects.
 */
export const sendH2cGet = (wire: WireRequest, options: ProbeAttemptOptions): Promise<GetAnswer> =>
  new Promise((resolve) => {
    let session: ClientHttp2Session | undefined;
    let head: IncomingHttpHeaders | undefined;
    let over = false;
    let ignore = (): void => {};
    const parts: Uint8Array[] = [];
    let length = 0;
    const end = (answer: GetAnswer): void => {
      if (over) return;
      over = true;
      ignore();
      resolve(answer);
      session?.destroy();
    };
    const giveUp = (why: string): void => end({ type: head === undefined ? 'failed' : 'broken', why });
    const complete = (): void =>
      end({
        type: 'complete',
        status: Number(head?.[constants.HTTP2_HEADER_STATUS] ?? 0),
        location: head?.location ?? '',
        body: Buffer.concat(parts).subarray(0, MAX_OUTPUT_BYTES),
      });
    if (wire.tls) return end({ type: 'failed', why: 'http2: a probe without TLS was redirected to https' });
    try {
      const socket = connect({ host: wire.hostname, port: wire.port });
      socket.on('error', (error) => giveUp(describeError(error)));
      const [, [authority = ''] = []] = wire.headers.find(([name]) => name === 'Host') ?? [];
      session = connectHttp2('http://probe', {
        createConnection: () => socket,
        maxHeaderListPairs: MAX_HEADER_PAIRS,
        settings: { enablePush: false },
      });
      session.on('error', (error) => giveUp(describeError(error)));
      session.on('close', () => giveUp('http2: the connection was closed'));
      session.on('goaway', (code) => {
        if (code !== constants.NGHTTP2_NO_ERROR) giveUp(`http2: the server ended the connection with error code ${code}`);
      });
      const stream = session.request(
        {
          [constants.HTTP2_HEADER_METHOD]: 'GET',
          [constants.HTTP2_HEADER_SCHEME]: 'http',
          [constants.HTTP2_HEADER_AUTHORITY]: authority,
          [constants.HTTP2_HEADER_PATH]: wire.target,
          ...fieldsOf(wire),
        },
        { endStream: true },
      );
      stream.on('response', (headers) => {
        head = headers;
      });
      stream.on('data', (part: Uint8Array) => {
        parts.push(part);
        length += part.length;
        if (length >= MAX_OUTPUT_BYTES) complete();
      });
      stream.on('end', () => (head === undefined ? giveUp('http2: the stream ended without an answer') : complete()));
      stream.on('error', (error) => giveUp(describeError(error)));
    } catch (error) {
      giveUp(describeError(error));
    }
    if (!over) ignore = onAbort(options, () => giveUp('context deadline exceeded (Client.Timeout exceeded while awaiting headers)'));
    if (over) ignore();
  });

const fieldsOf = ({ headers }: WireRequest): Record<string, string | string[]> => {
  const fields = new Map<string, string[]>();
  for (const [name, values] of headers) {
    const key = name.toLowerCase();
    if (!NOT_SENT.has(key)) fields.set(key, [...(fields.get(key) ?? []), ...values]);
  }
  return Object.fromEntries([...fields].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]));
};
