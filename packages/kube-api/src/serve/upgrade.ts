import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type ApiAnswer, ApiError, type NodeAnswer, type RequestAnswerer, requestOf, type ServeOptions } from '@solo-kubelet/api-server';
import { closeAfterFlush, type RequestHandler } from '@solo-kubelet/node-api';
import { statusAnswer } from './answer-requests.js';

/** What the streaming servers of container runtimes speak over WebSocket. Clients that offer only something newer fall back to SPDY when they are refused. */
const WEBSOCKET_PROTOCOLS: ReadonlySet<string> = new Set([
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
]);

/** Whether a WebSocket client offers nothing that the runtime knows. */
const speaksOnlyNewer = ({ headers }: IncomingMessage): boolean => {
  if (headers.upgrade?.toLowerCase() !== 'websocket') return false;
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return !offered.some((name) => WEBSOCKET_PROTOCOLS.has(name)) && offered.some((name) => name !== '');
};

const NEWER = statusAnswer(
  new ApiError({
    code: 400,
    reason: 'BadRequest',
    message: 'the container runtime speaks v4.channel.k8s.io at most over WebSocket; use that, or SPDY',
  }),
);

const writeAnswer = (socket: Socket, answer: ApiAnswer): void => {
  const { code, headers, body } = answer.type === 'answer' ? answer : NEWER;
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body);
  const lines = [...headers, ['Content-Length', String(bytes.length)], ['Connection', 'close']].map(([name, value]) => `${name}: ${value}`);
  socket.write(`HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n`);
  socket.write(bytes);
  // A client that keeps its half must not keep the connection.
  closeAfterFlush(socket);
};

/** Tells the code of the status line that somebody writes to a connection, once. A connection that ends without one is told as 499: its client went. */
const tellCode = (socket: Socket, tell: (code: number) => void): void => {
  const write = socket.write;
  const read = (chunk: unknown): void => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString('latin1', 0, STATUS_LINE_BYTES);
    const code = STATUS_LINE.exec(text)?.[1];
    if (code === undefined) return;
    socket.write = write;
    tell(Number(code));
  };
  socket.write = ((...given: Parameters<Socket['write']>) => {
    read(given[0]);
    return Reflect.apply(write, socket, given) as boolean;
  }) as Socket['write'];
  socket.once('close', () => tell(CLIENT_WENT));
};

const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})/;
const STATUS_LINE_BYTES = 16;
const CLIENT_WENT = 499;

/** Hands requests that become streams to the kubelet, once the core has let them in. */
export const upgradeToNode =
  (
    answerer: RequestAnswerer,
    options: ServeOptions,
    node: () => RequestHandler | undefined,
    /** Told of the HTTP code that the client of a stream got. */
    ended: (answer: NodeAnswer, code: number) => void = () => {},
  ) =>
  (message: IncomingMessage, socket: Socket, head: Buffer): void => {
    socket.on('error', () => socket.destroy());
    const refuse = (error: unknown): void => {
      if (!socket.destroyed)
        writeAnswer(socket, statusAnswer(new ApiError({ code: 500, reason: 'InternalError', message: String(error) })));
    };
    Promise.resolve(answerer.handle(requestOf(message, options, { body: new Uint8Array(), bodyTooLarge: false })))
      .then((answer) => {
        const handler = node();
        // What may look at the node through its proxy may not run commands by it.
        if (answer.type !== 'node') return writeAnswer(socket, answer);
        if (!answer.isStream || handler === undefined || speaksOnlyNewer(message)) {
          ended(answer, NEWER.code);
          return writeAnswer(socket, NEWER);
        }
        tellCode(socket, (code) => ended(answer, code));
        message.url = answer.target;
        handler.upgrade(message, socket, head);
      })
      .catch(refuse);
  };
