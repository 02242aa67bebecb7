import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describeError, isAbort, type Logger } from '@solo-kubelet/diagnostics';
import { whileDoing } from '@solo-kubelet/diagnostics/doing';
import { joinSignals } from '@solo-kubelet/timers';
import { type Needed, UNSERVED } from '../auth/authorize.js';
import type { Identity } from '../auth/identity.js';
import { closeAfterFlush } from './close-after-flush.js';
import { endWithClient } from './end-with-client.js';
import { createFlowControl, type FlowControl } from './flow-control.js';
import { HttpError, sendText } from './http-error.js';
import { createTurns } from './in-turn.js';
import { type RouteMatch, routeMatcher } from './match-route.js';
import { parseRequestTarget, type RequestTarget } from './request-target.js';
import type { Route } from './route.js';

/** Decides who may do what. */
export interface Authorizer {
  /** Who made this request; undefined when that cannot be told (401). */
  authenticate(request: IncomingMessage): Identity | undefined | Promise<Identity | undefined>;
  /** Why somebody may not do what is needed; undefined when he may. */
  refuse(identity: Identity, method: string, needed: Needed): string | undefined | Promise<string | undefined>;
}

export interface HandlerOptions {
  readonly routes: readonly Route[];
  readonly gate: Authorizer;
  readonly logger: Logger;
  /** Aborts everything under way when the server stops. */
  readonly signal: AbortSignal;
  /** Told of every request, upgrades included, when its turn has come; what it gives is called when the request is over. */
  readonly onRequest?: (method: string, route: Route | undefined) => (durationMs: number) => void;
  /** Makes requests wait while the kubelet has no time for them. Default: none waits. */
  readonly flowControls?: FlowControls;
}

/** Those of all listeners that strangers reach. */
export interface FlowControls {
  readonly healthChecks: FlowControl;
  readonly others: FlowControl;
}

/** Health checks each second, however busy the kubelet is: they cost next to nothing, and some address asks beside an attacker's. */
const HEALTH_CHECKS_PER_SECOND = 100;

export const createFlowControls = (): FlowControls => ({
  healthChecks: createFlowControl({ leastPerSecond: HEALTH_CHECKS_PER_SECOND }),
  others: createFlowControl(),
});

export interface RequestHandler {
  request(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void;
}

/** No path reads a body, so there is little to let through. */
const MAX_BODY_BYTES = 1 << 20;

/** Ends the connection after the answer to a request that brings a body: what is left of it is never read. */
const rejectBody = ({ headers }: IncomingMessage, response: ServerResponse): void => {
  const bytes = Number(headers['content-length'] ?? 0);
  if (bytes > 0 || headers['transfer-encoding'] !== undefined) response.shouldKeepAlive = false;
  if (bytes > MAX_BODY_BYTES) throw new HttpError(413, 'Request body too large\n');
};

/** A request whose target was parsed and looked up: the one reading of it that everything after rests on. */
interface Request {
  readonly request: IncomingMessage;
  readonly method: string;
  readonly target: RequestTarget;
  readonly found: RouteMatch | undefined;
  /** Whether another method would have found a route. */
  readonly otherMethod: boolean;
}

interface Admitted extends RouteMatch {
  readonly identity: Identity;
  readonly query: URLSearchParams;
}

/** The request as a log may show it: without its query. */
const requestOf = ({ method = '', url = '' }: IncomingMessage) => ({ doing: `${method} ${url.split('?', 1)[0]}` });

/** Turns routes into listeners for a node:http server. Nothing thrown by a handler escapes. */
export const createHandler = (options: HandlerOptions): RequestHandler => {
  const { routes, gate, logger, signal: serverSignal, onRequest, flowControls } = options;
  const match = routeMatcher(routes);
  const inTurn = createTurns();

  /** Waits for a request's turn. @throws the signal's reason when the client is gone before, HttpError 429 when too many wait already */
  const turn = ({ request, found }: Request, cost: number, signal: AbortSignal): Promise<void> | undefined => {
    const flowControl = found?.route.isHealthCheck ? flowControls?.healthChecks : flowControls?.others;
    if (flowControl === undefined) return undefined;
    return new Promise((resolve, reject) => {
      let takeBack: (() => void) | undefined;
      const leave = (): void => {
        takeBack?.();
        reject(signal.reason);
      };
      if (signal.aborted) return leave();
      signal.addEventListener('abort', leave, { once: true });
      takeBack = flowControl.admit(request.socket.remoteAddress ?? '', cost, () => {
        signal.removeEventListener('abort', leave);
        resolve();
      });
      if (takeBack !== undefined) return;
      signal.removeEventListener('abort', leave);
      // As an API server whose queues are full (apiserver/pkg/server/filters/maxinflight.go).
      reject(new HttpError(429, 'Too many requests, please try again later.\n', { 'Retry-After': '1' }));
    });
  };

  const read = (request: IncomingMessage): Request => {
    const { method = 'GET', url = '' } = request;
    const target = parseRequestTarget(url);
    const matched = target.type === 'path' ? match(method, target.segments) : undefined;
    const found = typeof matched === 'object' ? matched : undefined;
    return { request, method, target, found, otherMethod: matched === 'otherMethod' };
  };

  /** @throws HttpError unless somebody known asks, cleanly, for something that there is and that he may use */
  const admit = async ({ request, method, target, found, otherMethod }: Request): Promise<Admitted> => {
    const identity = await gate.authenticate(request);
    if (!identity) throw new HttpError(401, 'Unauthorized');
    if (target.type === 'malformed') throw new HttpError(400, 'malformed request target\n');
    if (target.type === 'unclean') throw new HttpError(307, 'Temporary Redirect\n', { Location: target.location });
    const refusal = await gate.refuse(identity, method, found?.route ?? UNSERVED);
    if (refusal !== undefined) throw new HttpError(403, refusal);
    if (otherMethod) throw new HttpError(405, '405: Method Not Allowed\n');
    if (!found) throw new HttpError(404, '404 page not found\n');
    return { ...found, identity, query: target.query };
  };

  /** What a request costs beyond an ordinary one is asked only of who may make it. */
  const admitInTurn = async (read: Request, signal: AbortSignal): Promise<Admitted> => {
    const cost = read.found?.route.cost ?? 1;
    await turn(read, 1, signal);
    const admitted = await admit(read);
    if (cost > 1) await turn(read, cost - 1, signal);
    return admitted;
  };

  const answerFor = (error: unknown, { found }: Request): HttpError => {
    if (error instanceof HttpError) return error;
    if (!isAbort(error)) logger.warn({ path: found?.route.path, err: describeError(error) }, 'Request failed');
    return httpAnswerOfCriError(error);
  };

  /** Answers with a route's `handle`, or says why not. */
  const answer = (read: Request, response: ServerResponse): void => {
    const startedMs = performance.now();
    const finished = onRequest?.(read.method, read.found?.route);
    const gone = new AbortController();
    response.once('close', () => {
      gone.abort();
      finished?.(performance.now() - startedMs);
    });
    const handle = async (): Promise<void> => {
      rejectBody(read.request, response);
      using joined = joinSignals([gone.signal, serverSignal]);
      const { signal } = joined;
      const { route, params, query, identity } = await admitInTurn(read, signal);
      if (!route.handle) throw new HttpError(400, 'Upgrade request required\n');
      await route.handle({ request: read.request, response, params, query, identity, signal });
    };
    whileDoing(requestOf(read.request), handle).catch((error: unknown) => {
      const { status, message, headers } = answerFor(error, read);
      if (response.headersSent) response.destroy();
      else sendText(response, status, message, headers);
    });
  };

  const upgradeTo = (read: Request, route: Route & Required<Pick<Route, 'upgrade'>>, socket: Socket, head: Buffer): void => {
    const startedMs = performance.now();
    const finished = onRequest?.(read.method, route);
    const gone = new AbortController();
    socket.on('error', () => gone.abort());
    socket.once('close', () => {
      gone.abort();
      finished?.(performance.now() - startedMs);
    });
    const handle = async (): Promise<void> => {
      using joined = joinSignals([gone.signal, serverSignal]);
      const { signal } = joined;
      const readOn = endWithClient(socket);
      const { params, query } = await admitInTurn(read, signal).finally(readOn);
      await route.upgrade({ request: read.request, socket, head, params, query, signal });
    };
    whileDoing(requestOf(read.request), handle).catch((error: unknown) => {
      const { status, message, headers } = answerFor(error, read);
      if (!socket.destroyed) sendText(plainResponse(read.request, socket), status, message, headers);
    });
  };

  return {
    request: (request, response) => inTurn(request.socket, response, () => answer(read(request), response)),
    upgrade: (request, socket, head) => {
      const asked = read(request);
      const route = asked.found?.route;
      if (canUpgrade(route)) return upgradeTo(asked, route, socket, head);
      // As Go's server: who offers another protocol (h2c) and is not taken at his word gets the answer in this one.
      const response = plainResponse(request, socket);
      inTurn(socket, response, () => answer(asked, response));
    },
  };
};

const canUpgrade = (route: Route | undefined): route is Route & Required<Pick<Route, 'upgrade'>> => route?.upgrade !== undefined;

/** An ordinary answer on a connection that node:http has let go of; it is the last one there. */
const plainResponse = (request: IncomingMessage, socket: Socket): ServerResponse => {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  const drained = (): void => void response.emit('drain');
  socket.on('drain', drained);
  socket.on('error', () => socket.destroy());
  socket.once('end', () => closeAfterFlush(socket));
  socket.resume();
  response.once('finish', () => {
    socket.off('drain', drained);
    response.detachSocket(socket);
    closeAfterFlush(socket);
    response.emit('close');
  });
  return response;
};

/** As upstream maps errors of the runtime (pkg/kubelet/server/server.go): not found 404, exhausted 429, all else 500. */
const httpAnswerOfCriError = (error: unknown): HttpError => {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (code === 'CRI_NOT_FOUND') return new HttpError(404, `${describeError(error)}\n`);
  if (code === 'CRI_RESOURCE_EXHAUSTED') return new HttpError(429, `${describeError(error)}\n`, { 'Retry-After': '60' });
  return new HttpError(500, 'Internal error\n');
};
