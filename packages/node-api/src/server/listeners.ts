import type { Stats } from 'node:fs';
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, rename, rm, rmdir, unlink } from 'node:fs/promises';
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import { socketPathFault } from '@solo-kubelet/diagnostics';
import { hasExpired, presentedCertificate } from '../auth/client-certificate.js';
import { NodeApiError } from '../node-api-error.js';
import type { CertificatePair } from '../tls/make-certificate.js';
import { closeAfterFlush } from './close-after-flush.js';
import { type ConnectionLimits, type Connections, createConnections } from './connections.js';
import type { RequestHandler } from './create-handler.js';
import { InterruptibleRequest } from './interruptible-request.js';

/** How long a request may take to arrive, of which the header a third; also how long a client may not read what is sent to it. */
const requestTimeoutMs = (headerTimeoutMs: number): number => 3 * headerTimeoutMs;

/** Limits of every listener. Upstream: idle 90 s, header 1 MiB, keep-alive 15 s; a header that takes long has no limit there. */
const limits = (headerTimeoutMs: number): ServerOptions<typeof InterruptibleRequest> => ({
  IncomingMessage: InterruptibleRequest,
  keepAliveTimeout: 90_000,
  headersTimeout: headerTimeoutMs,
  requestTimeout: requestTimeoutMs(headerTimeoutMs),
  connectionsCheckingInterval: Math.ceil(headerTimeoutMs / 2),
  maxHeaderSize: 64 * 1024,
  keepAlive: true,
  keepAliveInitialDelay: 15_000,
});
/** Of one listener. Upstream has no limit; a descriptor and some 30 KiB are held for each. */
const MAX_CONNECTIONS = 1_024;
const MAX_CONNECTIONS_PER_PEER = 256;

/** A server that is listening. */
export interface Listener extends AsyncDisposable {
  /** Where it can be reached: `127.0.0.1:10250`, or a socket path. */
  readonly address: string;
  readonly port: number | undefined;
}

export interface TlsOptions {
  /** Undefined: there is none yet, and every handshake fails. */
  readonly pair: CertificatePair | undefined;
  /** Certificates in PEM, one each. */
  readonly clientCa?: readonly string[];
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  readonly ciphers?: string;
}

export interface TlsListener extends Listener {
  /** New connections use these from now on. With other client CAs, those that a client certificate opened are ended. */
  renew(tls: TlsOptions): void;
  /** Ends the connections whose client certificate has expired. */
  endExpired(nowMs: number): void;
}

export interface ListenOptions {
  readonly handler: RequestHandler;
  readonly headerTimeoutMs: number;
  /** Whether good credentials were shown on a connection. Default: never. */
  readonly isKnown?: (socket: Duplex) => boolean;
  /** Default: 1,024 connections, 256 of one address. */
  readonly limits?: ConnectionLimits;
}

type WebServer = HttpServer | HttpsServer;

const attach = (
  server: WebServer,
  { handler, headerTimeoutMs, isKnown = () => false, limits: given }: ListenOptions,
  perPeer: number,
): Connections => {
  const connections = createConnections(given ?? { total: MAX_CONNECTIONS, perPeer }, { isKnown });
  /** Connections that have had an error: the last thing on them is an answer. */
  const refused = new WeakSet<Duplex>();
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => socket.destroy());
    connections.admit(socket);
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const release = connections.occupy(socket);
    response.once('close', () => {
      release();
      if (refused.has(socket)) closeAfterFlush(socket);
    });
    handler.request(request, response);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // What came after the request that ended its connection.
    if (socket.destroyed) return;
    socket.once('close', connections.occupy(socket));
    handler.upgrade(request, socket, head);
  });
  server.timeout = requestTimeoutMs(headerTimeoutMs);
  // A request may take long to be answered; only a client that does not read what it was sent, or asks for nothing, is given up.
  server.on('timeout', (socket: Socket) => {
    if (!connections.isBusy(socket) || socket.writableLength > 0) socket.destroy();
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (refused.has(socket)) return;
    refused.add(socket);
    // OpenSSL tells of a client certificate's wrong signature once more after the handshake: whoever waits for an answer gets it (401). On a
    // connection that good credentials were shown on it is another fault, after which nothing passes, and an answer may have no end.
    if (error.code?.startsWith('ERR_SSL_') && connections.isBusy(socket) && !isKnown(socket)) return;
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
    closeAfterFlush(socket, `HTTP/1.1 ${statusOfBadRequest(error.code)}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });
  return connections;
};

const statusOfBadRequest = (code: string | undefined): string => {
  if (code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
};

const cannotListen = (place: string, why: string, cause?: unknown) =>
  new NodeApiError({
    code: 'NODE_API_LISTEN',
    message: `cannot listen on ${place}: ${why}`,
    hint: 'Stop what uses it, or choose another address, port or path.',
    cause,
  });

const listen = (server: Server, where: { readonly host: string; readonly port: number } | { readonly path: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const place = 'path' in where ? where.path : `${where.host}:${where.port}`;
      reject(cannotListen(place, cause.code === 'EADDRINUSE' ? 'the port is already in use' : cause.message, cause));
    });
    server.listen(where, () => {
      server.removeAllListeners('error');
      // An accept error (for example too many open files) must not end the process.
      server.on('error', () => {});
      resolve();
    });
  });

const listenerOf = (server: WebServer, connections: Connections): Listener => {
  const bound = server.address() as AddressInfo;
  return {
    address: `${bound.address}:${bound.port}`,
    port: bound.port,
    [Symbol.asyncDispose]: () => stop(server, connections),
  };
};

const stop = (server: WebServer, connections: Connections): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    for (const { raw } of connections.all()) raw.destroy();
  });

export const listenHttp = async (host: string, port: number, options: ListenOptions): Promise<Listener> => {
  const server = createHttpServer(limits(options.headerTimeoutMs));
  const connections = attach(server, options, MAX_CONNECTIONS_PER_PEER);
  await listen(server, { host, port });
  return listenerOf(server, connections);
};

const secureContext = ({ pair, clientCa, minVersion = 'TLSv1.2', ciphers }: TlsOptions) => ({
  ...(pair === undefined ? {} : { cert: pair.certificatePem, key: pair.keyPem }),
  minVersion,
  ...(clientCa === undefined ? {} : { ca: [...clientCa] }),
  ...(ciphers === undefined ? {} : { ciphers }),
});

export const listenHttps = async (host: string, port: number, tls: TlsOptions, options: ListenOptions): Promise<TlsListener> => {
  // A client certificate is asked for and never required: a token will do. Whether it is good is looked at per request.
  const server = createHttpsServer({
    ...limits(options.headerTimeoutMs),
    ...secureContext(tls),
    requestCert: tls.clientCa !== undefined,
    rejectUnauthorized: false,
    handshakeTimeout: options.headerTimeoutMs,
  });
  const connections = attach(server, options, MAX_CONNECTIONS_PER_PEER);
  server.on('secureConnection', (socket) => void connections.secured(socket));
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    const raw = connections.secured(socket)?.raw;
    if (raw && error.code === 'ERR_SSL_HTTP_REQUEST') closeAfterFlush(raw, PLAIN_HTTP_ANSWER);
    else socket.destroy();
  });
  await listen(server, { host, port });
  const endWhere = (wanted: (certificate: PeerCertificate) => boolean): void => {
    for (const { raw, socket } of connections.all()) {
      const certificate = socket instanceof TLSSocket ? presentedCertificate(socket) : undefined;
      if (certificate && wanted(certificate)) raw.destroy();
    }
  };
  let clientCa = JSON.stringify(tls.clientCa);
  return {
    ...listenerOf(server, connections),
    renew: (next) => {
      server.setSecureContext(secureContext(next));
      if (JSON.stringify(next.clientCa) !== clientCa) endWhere(() => true);
      clientCa = JSON.stringify(next.clientCa);
    },
    endExpired: (nowMs) => endWhere((certificate) => hasExpired(certificate, nowMs)),
  };
};

/** What Go's server says, and how, to a client that forgot the TLS (net/http server.go). */
const PLAIN_HTTP_ANSWER = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';

const PRIVATE = '.new-';
const PRIVATE_DIRECTORY = /^\.new-[A-Za-z0-9]{6}$/;
/** A socket is moved to its place within moments: what is that much older was left by a process that was killed meanwhile. */
const LEFT_AFTER_MS = 60_000;

/** Removes such directories of the same owner, and nothing that holds more than a socket. The new socket tells how late it is. */
const removeLeft = async (directory: string, { uid, mtimeMs: nowMs }: Stats): Promise<void> => {
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((each) => PRIVATE_DIRECTORY.test(each))) {
    const path = join(directory, name);
    const found = await lstat(path).catch(() => undefined);
    if (!found?.isDirectory() || found.uid !== uid || nowMs - found.mtimeMs < LEFT_AFTER_MS) continue;
    const socket = join(path, 's');
    if ((await lstat(socket).catch(() => undefined))?.isSocket()) await unlink(socket).catch(() => {});
    await rmdir(path).catch(() => {});
  }
};

/**
 * A unix socket for root and one group. It is bound in a directory that only root enters and moved to its place when it is ready, so nobody
 * else can connect at any moment, and a left-over socket file is replaced at once.
 * @throws NodeApiError NODE_API_LISTEN when another program answers there, or something that is no socket is in the way
 */
export const listenUnix = async (path: string, groupId: number | undefined, options: ListenOptions): Promise<Listener> => {
  requireSocketPath(path, path);
  await mkdir(dirname(path), { recursive: true });
  await refuseToReplace(path);
  const server = createHttpServer(limits(options.headerTimeoutMs));
  const connections = attach(server, options, MAX_CONNECTIONS);
  // Beside the socket: elsewhere may be another file system.
  const privateDirectory = await mkdtemp(join(dirname(path), PRIVATE));
  const bound = join(privateDirectory, 's');
  try {
    requireSocketPath(path, bound);
    await listen(server, { path: bound });
    if (groupId !== undefined) await chown(bound, 0, groupId);
    await chmod(bound, groupId === undefined ? 0o600 : 0o660);
    await rename(bound, path);
  } catch (error) {
    if (server.listening) await stop(server, connections);
    throw error;
  } finally {
    await rm(privateDirectory, { recursive: true, force: true });
  }
  const placed = await lstat(path);
  await removeLeft(dirname(path), placed);
  return {
    address: path,
    port: undefined,
    [Symbol.asyncDispose]: async () => {
      await stop(server, connections);
      // Another kubelet may have put its own there meanwhile.
      if ((await lstat(path).catch(() => undefined))?.ino === placed.ino) await unlink(path).catch(() => {});
    },
  };
};

const requireSocketPath = (path: string, bound: string): void => {
  const fault = socketPathFault(bound, 'listen');
  if (fault === undefined) return;
  const { message, hint } = socketPathFault(path, 'listen') ?? {
    message: `the directory is too deep for a unix socket (${fault.message})`,
    hint: `Choose a shorter path, such as /run/${basename(path)}.`,
  };
  throw new NodeApiError({ code: 'NODE_API_LISTEN', message: `cannot listen on ${path}: ${message}`, hint });
};

const refuseToReplace = async (path: string): Promise<void> => {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isSocket()) throw cannotListen(path, 'there is something that is no socket');
  const answers = await new Promise<boolean>((resolve) => {
    const socket = connect({ path }, () => resolve(true));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
    socket.once('close', () => resolve(true));
    socket.unref().once('connect', () => socket.destroy());
  });
  if (answers) throw cannotListen(path, 'another program serves there');
};
