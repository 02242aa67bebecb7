import { type IncomingMessage, request } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { Duplex } from 'node:stream';

export interface ProxyRequest {
  readonly port: number;
  /** Of the Host header, and for SNI. */
  readonly host: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** By TLS; a text: the certificate has to be of this CA, and for this host. */
  readonly tls?: boolean | string;
}

export interface ProxyReply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Names in the certificate that was shown. */
  readonly certificate?: string;
}

const LIMIT_MS = 60_000;

const send = ({ port, host, path = '/', headers = {}, tls = false }: ProxyRequest) =>
  (tls === false ? request : tlsRequest)({
    host: '127.0.0.1',
    port,
    path,
    headers: { host, ...headers },
    agent: false as const,
    ...(tls === false ? {} : { servername: host, rejectUnauthorized: tls !== true, ...(typeof tls === 'string' && { ca: tls }) }),
  });

/** One request to a proxy on this machine, over a connection of its own. */
export const askProxy = (asked: ProxyRequest): Promise<ProxyReply> =>
  new Promise((resolve, reject) => {
    const sent = send(asked);
    sent.setTimeout(LIMIT_MS, () => sent.destroy(new Error(`no answer in ${LIMIT_MS / 1_000} s`)));
    sent.on('error', reject);
    sent.on('response', (incoming: IncomingMessage) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      incoming.on('error', reject);
      const certificate = (incoming.socket as { getPeerCertificate?: () => { subjectaltname?: string } }).getPeerCertificate?.()
        .subjectaltname;
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body, ...(certificate !== undefined && { certificate }) }),
      );
    });
    sent.end();
  });

/** An open WebSocket, without a look at frames. */
export interface OpenSocket extends Disposable {
  write(text: string): void;
  /** All that came so far. */
  said(): string;
  isClosed(): boolean;
}

/** @throws the status where the server does not upgrade */
export const openWebSocket = (asked: ProxyRequest): Promise<OpenSocket> =>
  new Promise((resolve, reject) => {
    const headers = {
      ...asked.headers,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const sent = send({ ...asked, headers });
    sent.on('error', reject);
    sent.on('response', ({ statusCode }) => reject(new Error(`status ${statusCode}`)));
    sent.on('upgrade', (_, socket: Duplex, head: Buffer) => {
      let said = head.toString('latin1');
      let closed = false;
      socket.setEncoding('latin1').on('data', (text: string) => {
        said += text;
      });
      const close = (): void => {
        closed = true;
      };
      socket.on('error', close).on('close', close);
      resolve({
        write: (text) => socket.write(text),
        said: () => said,
        isClosed: () => closed,
        [Symbol.dispose]: () => void socket.destroy(),
      });
    });
    sent.end();
  });
