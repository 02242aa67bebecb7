import { X509Certificate } from 'node:crypto';
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { createSecureContext, type SecureContext } from 'node:tls';
import { onAbort } from '@solo-kubelet/timers';
import { decodedBody } from './decoded-body.js';
import { requestHeaders } from './request-headers.js';

/** PEM texts of a client. */
export interface HttpCertificates {
  /** Authorities to trust, instead of those that Node.js has. */
  readonly ca?: string | Uint8Array;
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
}

export interface HttpConnectionsOptions extends HttpCertificates {
  /** Most connections to one server at a time. Default 1. */
  readonly parallel?: number;
}

export interface HttpRequest {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** JSON, unless a header says otherwise. */
  readonly body?: string;
  /** Ends the request, and the reading of its answer: the only limit of time there is. */
  readonly signal: AbortSignal;
}

/** The head of an answer. */
export interface HttpAnswer {
  readonly status: number;
  /** Such as `404 Not Found`. */
  readonly statusLine: string;
  /** A header of the answer, by any case of its name. */
  readonly header: (name: string) => string | undefined;
  /** The body as it comes, decompressed and of no bounded size. Read it to its end or destroy it: the connection is taken until then. */
  readonly body: Readable;
}

/** Connections over which servers are asked, kept for a second behind each answer. */
export interface HttpConnections {
  /** Reads the certificates, which a first request by https does otherwise. @throws the error of Node.js where they can't be used */
  readCertificates(): void;
  /** One request, up to the head of its answer; redirects are answers. @throws (rejects) the error of Node.js, or the reason of the signal */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Ends whatever is asked now. */
  close(): void;
}

/** A client has a hundred other things to do between two checks: nothing is kept open for them. */
const KEPT_MS = 1_000;
/** Interim answers (1xx) before the one that counts; whoever gives more never means to come to an end. */
const MAX_INTERIM_ANSWERS = 20;
/** How often a server may close a connection just as something is asked on it. */
const MAX_ATTEMPTS = 3;

/**
 * Connections of Node.js's own client: beside the servers of a kubelet it takes a quarter of a MiB where others take ten. Nothing is asked before something is sent.
 *
 * @example
 * const connections = httpConnections({ ca });
 * const answer = await requestBytes({ url, headers: [], timeoutMs: 10_000, maxBytes: 1 << 20, connections, signal });
 */
export const httpConnections = ({ parallel = 1, ...certificates }: HttpConnectionsOptions = {}): HttpConnections => {
  const pool = { keepAlive: true, timeout: KEPT_MS, maxSockets: parallel };
  const plain = new HttpAgent(pool);
  const running = new Set<ClientRequest>();
  let secure: HttpsAgent | undefined;
  const secureAgent = (): HttpsAgent => {
    if (secure === undefined) {
      const secureContext = contextOf(certificates);
      secure = new HttpsAgent({ ...pool, ...(secureContext && { secureContext }) });
    }
    return secure;
  };

  const attempt = ({ url, method, headers, body, signal }: HttpRequest): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const isSecure = url.protocol === 'https:';
      const options = { method, headers: requestHeaders(headers, body !== undefined), agent: isSecure ? secureAgent() : plain };
      const request = (isSecure ? httpsRequest : httpRequest)(url, options);
      running.add(request);
      let answer: IncomingMessage | undefined;
      const end = (error: Error): void => {
        // An answer may be here already, not yet told of.
        reject(error);
        answer?.destroy(error);
        request.destroy(error);
      };
      const release = onAbort(signal, () => end(reasonOf(signal)));
      request.on('close', () => {
        running.delete(request);
        release();
        // Some ends are no error to Node.js.
        reject(new Error('the connection ended before the answer did'));
      });
      request.on('error', (error) => reject(canBeAskedAgain(request, error, method) ? new StaleConnection(error) : said(error)));
      let interim = 0;
      request.on('information', () => {
        interim += 1;
        if (interim > MAX_INTERIM_ANSWERS) end(new Error(`it gives more than ${MAX_INTERIM_ANSWERS} interim answers`));
      });
      request.on('upgrade', (_answer, socket) => {
        socket.destroy();
        reject(new Error('it answered with another protocol'));
      });
      request.on('response', (incoming) => {
        answer = incoming;
        // Whoever has let go of it is not told any more.
        incoming.on('error', () => {});
        resolve(incoming);
      });
      request.end(body);
    });

  const send = async (request: HttpRequest): Promise<HttpAnswer> => {
    for (let attempts = 1; ; attempts += 1) {
      try {
        const incoming = await attempt(request);
        return {
          status: incoming.statusCode ?? 0,
          statusLine: `${incoming.statusCode} ${incoming.statusMessage}`.trimEnd(),
          header: (name) => headerOf(incoming, name.toLowerCase()),
          body: await decodedBody(incoming, request.method),
        };
      } catch (error) {
        if (!(error instanceof StaleConnection)) throw error;
        if (attempts === MAX_ATTEMPTS) throw error.cause;
      }
    }
  };

  return {
    readCertificates: () => void secureAgent(),
    send,
    close: () => {
      for (const request of running) request.destroy();
      plain.destroy();
      secure?.destroy();
    },
  };
};

/** One for all connections: to make it reads every certificate. */
const contextOf = ({ ca, cert, key }: HttpCertificates): SecureContext | undefined => {
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  // A context takes no certificate among its authorities for none that it trusts, and says so to nobody.
  if (ca !== undefined) new X509Certificate(asPem(ca));
  return createSecureContext({ ...(ca && { ca: asPem(ca) }), ...(cert && { cert: asPem(cert) }), ...(key && { key: asPem(key) }) });
};

const asPem = (pem: string | Uint8Array): string => (typeof pem === 'string' ? pem : Buffer.from(pem).toString());

const reasonOf = ({ reason }: AbortSignal): Error =>
  reason instanceof Error ? reason : new DOMException(String(reason ?? 'This operation was aborted'), 'AbortError');

/** A server may close what was kept at any time; what changes nothing there is asked anew. */
class StaleConnection extends Error {
  override readonly name = 'StaleConnection';
  constructor(override readonly cause: Error) {
    super(cause.message);
  }
}

const canBeAskedAgain = ({ reusedSocket }: ClientRequest, error: NodeJS.ErrnoException, method: HttpRequest['method']): boolean =>
  reusedSocket && method !== 'POST' && (error.code === 'ECONNRESET' || error.code === 'EPIPE');

/** Where a name has several addresses, none of which answers, the error has no words of its own. */
const said = (error: Error): Error => {
  if (!(error instanceof AggregateError) || error.message !== '') return error;
  const messages = new Set(error.errors.map((each: unknown) => (each instanceof Error ? each.message : String(each))));
  return new Error([...messages].join('; '), { cause: error.errors[0] });
};

const headerOf = ({ headers }: IncomingMessage, name: string): string | undefined => {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return Array.isArray(value) ? value.join(', ') : value;
};
