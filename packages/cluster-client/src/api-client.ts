import { type ClientRequest, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { describeError } from '@solo-kubelet/diagnostics';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { checkDuration, delay, joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import { fromEmitting } from '@solo-kubelet/timers/rxjs';
import { createTokenBucket } from '@solo-kubelet/timers/turns';
import type { Observable } from 'rxjs';
import { ClusterError } from './cluster-error.js';
import { createConnections, KEEP_ALIVE_MS } from './connections.js';
import { refusal } from './core/refusal.js';
import type { Credentials } from './credentials.js';
import type { Kubeconfig } from './kubeconfig.js';
import { splitLines } from './split-lines.js';

export type PatchType = 'strategic' | 'merge' | 'json';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/api/v1/nodes/n`. Names in it are the caller's to encode: see apiPath. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Of a PATCH. Default `strategic`. */
  readonly patch?: PatchType;
  readonly signal?: AbortSignal | undefined;
  /** Default that of the client. */
  readonly timeoutMs?: number;
}

export type WatchEvent<T> =
  /** The server took the watch: what follows may take any time. */
  | { readonly type: 'OPENED' }
  | {
      readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
      /** Of an ERROR a Status. */
      readonly object: T;
    };

/** One API server, as one client of it. */
export interface ApiClient extends Disposable {
  /** The answer's object. Rejects with ClusterError. */
  readonly request: <T>(request: ApiRequest) => Promise<T>;
  /** The events of a watch until the server ends it; an error of the stream is a ClusterError. */
  readonly watch: <T>(request: Pick<ApiRequest, 'path' | 'query'>) => Observable<WatchEvent<T>>;
  /** Drops every connection, running watches too: for when the server seems gone and a connection may only look alive. */
  readonly closeConnections: () => void;
}

export interface ApiClientOptions {
  readonly kubeconfig: Pick<Kubeconfig, 'server' | 'tlsServerName' | 'insecureSkipTlsVerify'>;
  readonly credentials: Credentials;
  /** `kubelet/v1.36.2 (linux/amd64)`. */
  readonly userAgent: string;
  /** Requests a second, watches aside. Default 0: no limit. */
  readonly qps?: number;
  /** Default 100. */
  readonly burst?: number;
  /** Time for one request with its answer, ms. Default 30 000. */
  readonly timeoutMs?: number;
  /** Most bytes of one answer, and of one object of a watch. Default 64 MiB and 16 MiB. */
  readonly maxBodyBytes?: number;
  readonly maxEventBytes?: number;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_EVENT_BYTES = 16 * 1024 * 1024;
/** Of answers that say when to come again (client-go rest/request.go). */
const MAX_RETRIES = 10;
const MAX_RETRY_AFTER_MS = 60_000;
const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  strategic: 'application/strategic-merge-patch+json',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
};

/** A path with its names encoded: `apiPath('api/v1/namespaces', ns, 'pods', name)`. */
export const apiPath = (prefix: string, ...names: readonly string[]): string => `/${[prefix, ...names.map(encodeURIComponent)].join('/')}`;

/** Talks to the server over connections that are kept; follows no redirect, so that credentials go nowhere else. */
export const createApiClient = (options: ApiClientOptions): ApiClient => {
  const { kubeconfig, credentials, userAgent } = options;
  const ownTimeoutMs = checkDuration('timeoutMs', options.timeoutMs, DEFAULT_TIMEOUT_MS);
  const { maxBodyBytes = MAX_BODY_BYTES, maxEventBytes = MAX_EVENT_BYTES } = options;
  const server = new URL(kubeconfig.server);
  // client-go's limiter: one bucket for a client, over all verbs (util/flowcontrol/throttle.go).
  const turnMs = createTokenBucket({ perSecond: options.qps ?? 0, burst: options.burst ?? 100, now: () => performance.now() });
  const connections = createConnections(kubeconfig);

  /** Sends, and hands over the answer once its head is there. */
  const send = async (asked: ApiRequest, signal: AbortSignal): Promise<Answer> => {
    const { agent, retired } = connections.for(await credentials.tls(signal));
    const body = asked.body === undefined ? undefined : Buffer.from(JSON.stringify(asked.body));
    const headers: OutgoingHttpHeaders = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...(await credentials.headers(signal)),
      ...(body === undefined
        ? {}
        : {
            'content-type': asked.method === 'PATCH' ? PATCH_TYPES[asked.patch ?? 'strategic'] : 'application/json',
            'content-length': String(body.length),
          }),
    };
    const query = asked.query === undefined ? '' : `?${new URLSearchParams(asked.query)}`;
    const target = `${server.pathname.replace(/\/$/, '')}${asked.path}${query}`;
    const to = {
      agent,
      method: asked.method,
      hostname: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port,
      path: target,
      headers,
      signal,
    };
    const response = await answerTo(server.protocol === 'https:' ? httpsRequest(to) : httpRequest(to), body, asked, server);
    if (response.statusCode === 401) credentials.refused();
    return { response, retired };
  };

  const once = async <T>(asked: ApiRequest, signal: AbortSignal): Promise<T> => {
    const { response } = await send(asked, signal);
    const text = await wholeBody(response, maxBodyBytes, asked);
    const status = response.statusCode ?? 0;
    if (status < 200 || status > 299) throw refusal(`${asked.method} ${asked.path}`, status, text, response.headers['retry-after']);
    return parseJson<T>(text, asked);
  };

  const request = async <T>(asked: ApiRequest): Promise<T> => {
    const limitMs = checkDuration('timeoutMs', asked.timeoutMs, ownTimeoutMs);
    const time = timeoutSignal(limitMs);
    using joined = joinSignals([asked.signal, time]);
    const { signal } = joined;
    try {
      for (let tries = 1; ; tries += 1) {
        try {
          const waitMs = turnMs();
          if (waitMs > 0) await delay(waitMs, undefined, { signal });
          return await once<T>(asked, signal);
        } catch (error) {
          if (signal.aborted) throw error;
          const wait = waitBeforeRetry(asked, error, tries);
          if (wait === undefined) throw error;
          await delay(wait, undefined, { signal });
        }
      }
    } catch (cause) {
      if (!time.aborted || asked.signal?.aborted) throw cause;
      throw new ClusterError({
        code: 'CLUSTER_TIMEOUT',
        message: `${asked.method} ${asked.path}: no answer within ${limitMs} ms`,
        retryable: true,
      });
    }
  };

  const watch = <T>(asked: Pick<ApiRequest, 'path' | 'query'>): Observable<WatchEvent<T>> =>
    fromEmitting<WatchEvent<T>>(async (emit, stopped) => {
      const full: ApiRequest = { method: 'GET', path: asked.path, query: { ...asked.query, watch: 'true' } };
      // The head of the answer comes at once, or the server is not there; what follows may take any time.
      const head = timeoutSignal(ownTimeoutMs);
      using joined = joinSignals([stopped, head]);
      const { response, retired } = await send(full, joined.signal).catch((cause: unknown) => {
        if (!head.aborted || stopped.aborted) throw cause;
        throw new ClusterError({
          code: 'CLUSTER_TIMEOUT',
          message: `GET ${asked.path}: no answer within ${ownTimeoutMs} ms`,
          retryable: true,
        });
      });
      joined[Symbol.dispose]();
      if (response.statusCode !== 200) {
        const text = await wholeBody(response, maxBodyBytes, full);
        throw refusal(`GET ${asked.path}`, response.statusCode ?? 0, text, response.headers['retry-after']);
      }
      emit({ type: 'OPENED' });
      const end = (): void => void response.destroy();
      stopped.addEventListener('abort', end, { once: true });
      // Other credentials: the next watch is to show them.
      retired.addEventListener('abort', end, { once: true });
      if (retired.aborted) end();
      try {
        for await (const line of splitLines(response, maxEventBytes)) emit(parseJson<WatchEvent<T>>(line, full));
      } catch (cause) {
        if (retired.aborted) return;
        if (ClusterError.is(cause)) throw cause;
        throw broken(full, server, cause);
      } finally {
        stopped.removeEventListener('abort', end);
        retired.removeEventListener('abort', end);
        response.destroy();
      }
    });

  return { request, watch, closeConnections: connections.close, [Symbol.dispose]: connections.close };
};

interface Answer {
  readonly response: IncomingMessage;
  /** Aborted when the connections of its time are given up. */
  readonly retired: AbortSignal;
}

const answerTo = (sent: ClientRequest, body: Buffer | undefined, asked: ApiRequest, server: URL): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    sent.once('response', resolve);
    sent.once('error', (cause) => reject(broken(asked, server, cause, sent.reusedSocket)));
    sent.once('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
    sent.end(body);
  });

class BrokenConnection extends ClusterError {
  constructor(
    message: string,
    readonly keptTooLong: boolean,
  ) {
    super({ code: 'CLUSTER_UNREACHABLE', message, retryable: true });
  }
}

/** `kept`: it was used before, and the server may have closed it just when this was sent. */
const broken = ({ method, path }: ApiRequest, server: URL, cause: unknown, kept = false): ClusterError =>
  new BrokenConnection(`${method} ${path}: ${server.host}: ${describeError(cause)}`, kept);

/** Undefined: the failure is the answer. */
const waitBeforeRetry = ({ method }: ApiRequest, error: unknown, tries: number): number | undefined => {
  if (error instanceof BrokenConnection) return method === 'GET' && error.keptTooLong && tries <= MAX_RETRIES ? 0 : undefined;
  if (!ClusterError.is(error) || error.retryAfterMs === undefined || tries > MAX_RETRIES) return undefined;
  return error.status === 429 || (error.status ?? 0) >= 500 ? Math.min(error.retryAfterMs, MAX_RETRY_AFTER_MS) : undefined;
};

const wholeBody = async (response: IncomingMessage, maxBytes: number, { method, path }: ApiRequest): Promise<string> => {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > maxBytes)
        throw new ClusterError({ code: 'CLUSTER_BAD_REPLY', message: `${method} ${path}: the answer has more than ${maxBytes} bytes` });
      parts.push(part);
    }
  } catch (cause) {
    if (ClusterError.is(cause)) throw cause;
    throw new ClusterError({
      code: 'CLUSTER_UNREACHABLE',
      message: `${method} ${path}: the answer broke off: ${describeError(cause)}`,
      retryable: true,
    });
  }
  return Buffer.concat(parts).toString('utf8');
};

const parseJson = <T>(text: string, { method, path }: ApiRequest): T => {
  let value: unknown;
  try {
    value = parseBoundedJson(text);
  } catch {
    value = undefined;
  }
  if (typeof value === 'object' && value !== null) return value as T;
  throw new ClusterError({
    code: 'CLUSTER_BAD_REPLY',
    message: `${method} ${path}: the answer is no object in JSON, or nests deeper than 200 levels`,
    retryable: true,
  });
};
