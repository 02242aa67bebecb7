import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type Server as HttpServer, type ServerOptions } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { dirname } from 'node:path';
import { NodeApiError } from '../node-api-error.js';
import type { CertificatePair } from '../tls/make-certificate.js';
import type { RequestHandler } from './create-handler.js';

/** Limits of every listener. Upstream: idle 90 s, header 1 MiB; a header that takes long or a flood of connections has no limit there. */
const limits = (headerTimeoutMs: number): ServerOptions => ({
  keepAliveTimeout: 90_000,
  headersTimeout: headerTimeoutMs,
  requestTimeout: 3 * headerTimeoutMs,
  connectionsCheckingInterval: headerTimeoutMs / 2,
  maxHeaderSize: 64 * 1024,
});
const MAX_CONNECTIONS = 4_096;

/** A server that is listening. */
export interface Listener extends AsyncDisposable {
  /** Where it can be reached: `127.0.0.1:10250`, or a socket path. */
  readonly address: string;
  readonly port: number | undefined;
}

export interface TlsOptions {
  readonly pair: CertificatePair;
  readonly clientCa?: string;
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  readonly ciphers?: string;
}

export interface TlsListener extends Listener {
  /** New connections use these from now on. */
  renew(tls: TlsOptions): void;
}

const attach = (server: HttpServer | HttpsServer, handler: RequestHandler): void => {
  server.maxConnections = MAX_CONNECTIONS;
  server.on('request', (request, response) => handler.request(request, response));
  server.on('upgrade', (request, socket, head) => handler.upgrade(request, socket, head));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });
};

const listen = (server: Server, where: { readonly host: string; readonly port: number } | { readonly path: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const place = 'path' in where ? where.path : `${where.host}:${where.port}`;
      reject(
        new NodeApiError({
          code: 'NODE_API_LISTEN',
          message: `cannot listen on ${place}: ${cause.code === 'EADDRINUSE' ? 'the port is already in use' : cause.message}`,
          hint: 'Stop what uses it, or choose another address or port.',
          cause,
        }),
      );
    });
    server.listen(where, () => {
      server.removeAllListeners('error');
      // An accept error (for example too many open files) must not end the process.
      server.on('error', () => {});
      resolve();
    });
  });

const listenerOf = (server: HttpServer | HttpsServer, path?: string): Listener => {
  const upgraded = new Set<Socket>();
  server.on('upgrade', (_request, socket) => {
    upgraded.add(socket as Socket);
    socket.once('close', () => upgraded.delete(socket as Socket));
  });
  const bound = server.address() as AddressInfo | string | null;
  const port = typeof bound === 'object' && bound !== null ? bound.port : undefined;
  return {
    address: path ?? (typeof bound === 'object' && bound !== null ? `${bound.address}:${bound.port}` : ''),
    port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
      }),
  };
};

export const listenHttp = async (handler: RequestHandler, host: string, port: number, headerTimeoutMs: number): Promise<Listener> => {
  const server = createHttpServer(limits(headerTimeoutMs));
  attach(server, handler);
  await listen(server, { host, port });
  return listenerOf(server);
};

const secureContext = ({ pair, clientCa, minVersion = 'TLSv1.2', ciphers }: TlsOptions) => ({
  cert: pair.certificatePem,
  key: pair.keyPem,
  minVersion,
  ...(clientCa === undefined ? {} : { ca: clientCa }),
  ...(ciphers === undefined ? {} : { ciphers }),
});

export const listenHttps = async (
  handler: RequestHandler,
  host: string,
  port: number,
  headerTimeoutMs: number,
  tls: TlsOptions,
): Promise<TlsListener> => {
  // A client certificate is asked for and never required: a token will do. Whether it is good is looked at per request.
  const server = createHttpsServer({
    ...limits(headerTimeoutMs),
    ...secureContext(tls),
    requestCert: tls.clientCa !== undefined,
    rejectUnauthorized: false,
    handshakeTimeout: headerTimeoutMs,
  });
  attach(server, handler);
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  await listen(server, { host, port });
  return { ...listenerOf(server), renew: (next) => server.setSecureContext(secureContext(next)) };
};

/** A unix socket for root and one group. A left-over socket file is replaced. */
export const listenUnix = async (handler: RequestHandler, path: string, headerTimeoutMs: number, groupId?: number): Promise<Listener> => {
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  const server = createHttpServer(limits(headerTimeoutMs));
  attach(server, handler);
  const umask = process.umask(0o177);
  try {
    await listen(server, { path });
  } finally {
    process.umask(umask);
  }
  if (groupId !== undefined) {
    await chown(path, 0, groupId);
    await chmod(path, 0o660);
  }
  return listenerOf(server, path);
};
