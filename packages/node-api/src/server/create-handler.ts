import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { describeError, isAbort, type Logger } from '@solo-kubelet/diagnostics';
import type { Identity } from '../auth/identity.js';
import { HttpAnswer, sendText } from './http-answer.js';
import { type RouteMatch, routeMatcher } from './match-route.js';
import type { Exchange, Route, Upgrade } from './route.js';

/** Decides about one request: an identity to go on with, or the answer that ends it. */
export type Gate = (request: IncomingMessage, path: string) => Identity | HttpAnswer;

export interface HandlerOptions {
  readonly routes: readonly Route[];
  readonly gate: Gate;
  readonly logger: Logger;
  /** Aborts everything under way when the server stops. */
  readonly signal: AbortSignal;
  /** Told of every request, upgrades included; what it gives is called when the request is over. `path` is the first part of the path. */
  readonly onRequest?: (method: string, path: string) => (durationMs: number) => void;
}

export interface RequestHandler {
  request(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** No path reads a body, so there is little to let through. */
const MAX_BODY_BYTES = 1 << 20;

/** Ends the connection after the answer to a request that brings a body: what is left of it is never read. */
const turnAwayBody = ({ headers }: IncomingMessage, response: ServerResponse): void => {
  const bytes = Number(headers['content-length'] ?? 0);
  if (bytes > 0 || headers['transfer-encoding'] !== undefined) response.shouldKeepAlive = false;
  if (bytes > MAX_BODY_BYTES) throw new HttpAnswer(413, 'Request body too large\n');
};

const NOT_FOUND = new HttpAnswer(404, '404 page not found\n');

/** Turns routes into listeners for a node:http server. Nothing thrown by a handler escapes. */
export const createHandler = ({ routes, gate, logger, signal: serverSignal, onRequest }: HandlerOptions): RequestHandler => {
  const match = routeMatcher(routes);

  const resolve = (request: IncomingMessage): RouteMatch & { readonly url: URL } => {
    const url = URL.canParse(request.url ?? '', 'http://node') ? new URL(request.url ?? '', 'http://node') : undefined;
    if (!url) throw new HttpAnswer(400, 'malformed request target\n');
    const matched = match(request.method ?? 'GET', url.pathname);
    if (matched === undefined) throw NOT_FOUND;
    if (matched === 'otherMethod') throw new HttpAnswer(405, '405: Method Not Allowed\n');
    return { ...matched, url };
  };

  const admit = (request: IncomingMessage): Identity => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const decision = gate(request, path);
    if (decision instanceof HttpAnswer) throw decision;
    return decision;
  };

  const answerFor = (error: unknown, request: IncomingMessage): HttpAnswer => {
    if (error instanceof HttpAnswer) return error;
    if (!isAbort(error)) logger.warn({ path: request.url?.split('?', 1)[0], err: describeError(error) }, 'Request failed');
    return httpAnswerOfCriError(error);
  };

  const observe = ({ method = '', url }: IncomingMessage): (() => void) => {
    const startedMs = performance.now();
    const finish = onRequest?.(method, url?.split(/[/?]/, 2)[1] ?? '');
    return () => finish?.(performance.now() - startedMs);
  };

  return {
    request: (request, response) => {
      const finished = observe(request);
      const gone = new AbortController();
      response.once('close', () => {
        gone.abort();
        finished();
      });
      const handle = async (): Promise<void> => {
        turnAwayBody(request, response);
        const identity = admit(request);
        const { route, params, url } = resolve(request);
        if (!route.handle) throw new HttpAnswer(400, 'Upgrade request required\n');
        const signal = AbortSignal.any([gone.signal, serverSignal]);
        const exchange: Exchange = { request, response, params, query: url.searchParams, identity, signal };
        await route.handle(exchange);
      };
      handle().catch((error: unknown) => {
        const answer = answerFor(error, request);
        if (response.headersSent) response.destroy();
        else sendText(response, answer.status, answer.message, answer.headers);
      });
    },

    upgrade: (request, socket, head) => {
      const finished = observe(request);
      const gone = new AbortController();
      socket.on('error', () => gone.abort());
      socket.once('close', () => {
        gone.abort();
        finished();
      });
      const handle = async (): Promise<void> => {
        admit(request);
        const { route, params, url } = resolve(request);
        if (!route.upgrade) throw new HttpAnswer(400, 'this path takes no upgrade\n');
        const upgrade: Upgrade = {
          request,
          socket,
          head,
          params,
          query: url.searchParams,
          signal: AbortSignal.any([gone.signal, serverSignal]),
        };
        await route.upgrade(upgrade);
      };
      handle().catch((error: unknown) => {
        const { status, message, headers } = answerFor(error, request);
        const lines = Object.entries({
          ...headers,
          'Content-Type': 'text/plain',
          'Content-Length': String(Buffer.byteLength(message)),
          Connection: 'close',
        });
        socket.end(
          `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${request.method === 'HEAD' ? '' : message}`,
        );
      });
    },
  };
};

/** As upstream maps errors of the runtime (pkg/kubelet/server/server.go): not found 404, exhausted 429, all else 500. */
const httpAnswerOfCriError = (error: unknown): HttpAnswer => {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (code === 'CRI_NOT_FOUND') return new HttpAnswer(404, `${describeError(error)}\n`);
  if (code === 'CRI_RESOURCE_EXHAUSTED') return new HttpAnswer(429, `${describeError(error)}\n`, { 'Retry-After': '60' });
  return new HttpAnswer(500, 'Internal error\n');
};
