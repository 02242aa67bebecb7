import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { longInterval, longTimeout } from '@solo-kubelet/timers';
import type { ApiRequest } from '../context.js';
import type { Admission, ApiCore } from '../create-api-core.js';
import type { ApiAnswer, LaterAnswer, NodeAnswer, PlainAnswer, WatchAnswer } from '../respond/answer.js';
import { ApiError } from '../status/api-error.js';
import { writeInPieces } from './write-in-pieces.js';

/** The most that is read of a body, bytes. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;
/** The most that waits for a client of a watch that does not read, bytes; then the watch ends and the client starts anew. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** How often a watch that wants bookmarks gets one, ms. Upstream: about a minute. */
const BOOKMARK_INTERVAL_MS = 60_000;
/** How long before its end a watch gets its last bookmark, ms. Upstream: two seconds. */
const LAST_BOOKMARK_MS = 2_000;
/** How long a watch lasts that names no end, ms. Upstream: from 30 minutes on. */
const MAX_WATCH_MS = 1_800_000;
const POLL_MS = 20;
/** The most that is held of bodies of one user, bytes: whoever sends more at once, however slowly, is told to come again. */
const MAX_HELD_BYTES = 24 * 1024 * 1024;

const SINGLE: ReadonlySet<string> = new Set(['authorization', 'content-type', 'host', 'user-agent', 'content-length']);

const headersOf = ({ rawHeaders }: IncomingMessage): ApiRequest['headers'] => {
  const headers: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    const value = rawHeaders[i + 1]!;
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (!SINGLE.has(name)) headers[name] = typeof before === 'string' ? [before, value] : [...before, value];
  }
  return headers;
};

interface Body {
  readonly body: Uint8Array;
  readonly bodyTooLarge: boolean;
}

const NO_BODY: Body = { body: new Uint8Array(), bodyTooLarge: false };

/** `hold` is told of every piece that is kept. @throws what it throws; then nothing is kept */
const readBody = (message: IncomingMessage, hold: (bytes: number) => void): Promise<Body> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const give = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) {
        chunks.length = 0;
        return;
      }
      try {
        hold(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        message.off('data', give);
        message.resume();
        chunks.length = 0;
        reject(error);
      }
    };
    message.on('data', give);
    message.on('end', () =>
      resolve({ body: size > MAX_BODY_BYTES ? new Uint8Array() : Buffer.concat(chunks), bodyTooLarge: size > MAX_BODY_BYTES }),
    );
    message.on('error', reject);
    message.on('close', () => reject(new Error('the client went away')));
  });

const setHeaders = (response: ServerResponse, headers: PlainAnswer['headers']): void => {
  for (const [name, value] of headers) response.appendHeader(name, value);
  response.setHeader('Cache-Control', 'no-cache, private');
};

const sendPlain = (response: ServerResponse, { code, headers, body }: PlainAnswer, isHead: boolean): void => {
  setHeaders(response, headers);
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  if (code !== 204) response.setHeader('Content-Length', bytes.length);
  response.writeHead(code);
  response.end(isHead ? undefined : bytes);
};

const sendLater = (response: ServerResponse, answer: LaterAnswer, now: () => number, isHead: boolean): void => {
  const startMs = now();
  const cancel = longInterval(() => {
    if (!answer.isReady() && now() - startMs < answer.delayMs) return;
    cancel();
    sendPlain(response, answer.finish(now()), isHead);
  }, POLL_MS);
  response.on('close', cancel);
};

const sendWatch = (response: ServerResponse, answer: WatchAnswer): void => {
  setHeaders(response, answer.headers);
  response.writeHead(200);
  response.flushHeaders();
  const writer = writeInPieces(response);
  let stop: () => void = () => {};
  let isOver = false;
  const cancels: (() => void)[] = [];
  const close = (): void => {
    if (isOver) return;
    isOver = true;
    stop();
    for (const cancel of cancels) cancel();
    writer.end();
  };
  const sink = {
    send: (event: string | Uint8Array): void => {
      if (isOver) return;
      writer.write(event);
      if (writer.unwrittenBytes > MAX_UNREAD_BYTES) close();
    },
    end: close,
  };
  response.on('close', close);
  const lastsMs = Math.min(answer.timeoutMs ?? MAX_WATCH_MS, MAX_WATCH_MS * 2);
  cancels.push(longTimeout(close, lastsMs));
  const { tick } = answer;
  if (tick !== undefined) {
    cancels.push(longInterval(() => tick(sink), BOOKMARK_INTERVAL_MS));
    if (lastsMs > LAST_BOOKMARK_MS) cancels.push(longTimeout(() => tick(sink), lastsMs - LAST_BOOKMARK_MS));
  }
  stop = answer.start(sink);
  if (isOver) stop();
};

/** What answers requests, at once or after a while. */
export interface RequestAnswerer {
  handle(request: ApiRequest): ApiAnswer | Promise<ApiAnswer>;
  /** Asked before a body is read. */
  admit(request: ApiRequest): Admission;
}

/** Who holds how much. */
export const createHolds = (maxBytes: number) => {
  const held = new Map<string, number>();
  const add = (user: string, bytes: number): number => {
    const now = (held.get(user) ?? 0) + bytes;
    if (now > 0) held.set(user, now);
    else held.delete(user);
    return now;
  };
  return (user: string) => {
    let own = 0;
    return {
      /** @throws ApiError 429 where it would be too much */
      hold: (bytes: number): void => {
        own += bytes;
        if (add(user, bytes) > maxBytes) throw TOO_MUCH;
      },
      [Symbol.dispose]: (): void => {
        add(user, -own);
        own = 0;
      },
    };
  };
};

const TOO_MUCH = new ApiError({
  code: 429,
  reason: 'TooManyRequests',
  message: 'too much is being sent at once by this user, please try again later',
  details: { retryAfterSeconds: 1 },
  headers: { 'Retry-After': '1' },
});

const bringsBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

export interface ServeOptions {
  /** The time, ms. */
  readonly now: () => number;
  /** Who a connection says is asking. Default: nobody; tokens tell. */
  readonly userOf?: (message: IncomingMessage) => ApiRequest['user'];
  /** Told of every request once it is known whom it comes from. */
  readonly asked?: (request: ApiRequest, message: IncomingMessage) => void;
  /** Hands a request to the kubelet of the node. */
  readonly toNode?: (answer: NodeAnswer, message: IncomingMessage, response: ServerResponse) => void;
}

/** A request as the core takes it. */
export const requestOf = (message: IncomingMessage, { now, userOf }: ServeOptions, body: Body): ApiRequest => {
  const user = userOf?.(message);
  return {
    method: message.method ?? 'GET',
    target: message.url ?? '/',
    headers: headersOf(message),
    ...body,
    nowMs: now(),
    ...(user !== undefined && { user }),
    ...(message.socket.remoteAddress !== undefined && { peer: message.socket.remoteAddress }),
  };
};

/** What is sent for what a node should answer where there is none. */
const NO_STREAM: PlainAnswer = {
  type: 'answer',
  code: 400,
  headers: [['Content-Type', 'application/json']],
  body: JSON.stringify(new ApiError({ code: 400, reason: 'BadRequest', message: 'Upgrade request required' }).status),
};

/** Answers HTTP requests. The body of somebody who is refused is thrown away as it comes. */
export const serveRequests = (core: RequestAnswerer, options: ServeOptions) => {
  const holds = createHolds(MAX_HELD_BYTES);
  const answerOf = async (message: IncomingMessage): Promise<ApiAnswer> => {
    if (!bringsBody(message)) {
      const request = requestOf(message, options, NO_BODY);
      const answer = await core.handle(request);
      options.asked?.(request, message);
      return answer;
    }
    const head = requestOf(message, options, NO_BODY);
    const admission = core.admit(head);
    if (admission.type === 'refused') {
      message.resume();
      return admission.answer;
    }
    options.asked?.(head, message);
    using holding = holds(admission.user.username);
    const body = await readBody(message, holding.hold);
    return await core.handle({ ...head, ...body, nowMs: options.now() });
  };
  return (message: IncomingMessage, response: ServerResponse): void => {
    const isHead = message.method === 'HEAD';
    response.on('error', () => {});
    answerOf(message)
      .then((answer) => {
        if (response.destroyed) return;
        if (answer.type === 'watch') sendWatch(response, answer);
        else if (answer.type === 'later') sendLater(response, answer, options.now, isHead);
        else if (answer.type === 'answer') sendPlain(response, answer, isHead);
        else if (answer.isStream || options.toNode === undefined) sendPlain(response, NO_STREAM, isHead);
        else options.toNode(answer, message, response);
      })
      .catch((error: unknown) => {
        if (message.destroyed && !message.complete) return;
        if (!response.headersSent) sendPlain(response, faultAnswer(error), isHead);
        else response.destroy();
      });
  };
};

const CRLF = '\r\n';

/**
 * Answers a request whose method Node's parser does not know, from the bytes that it stopped at: Kubernetes has an answer for any method. The
 * connection ends with it.
 */
export const answerOddMethod = (core: ApiCore, now: () => number, packet: Buffer): string | undefined => {
  const [head = ''] = packet.toString('latin1').split(CRLF + CRLF, 1);
  const [line = '', ...lines] = head.split(CRLF);
  const match = /^([A-Za-z]{1,20}) (\/\S*) HTTP\/1\.[01]$/.exec(line);
  if (match === null) return undefined;
  const headers = Object.fromEntries(
    lines.flatMap((each) => {
      const at = each.indexOf(':');
      return at <= 0 ? [] : [[each.slice(0, at).toLowerCase(), each.slice(at + 1).trim()]];
    }),
  );
  const answer = core.handle({ method: match[1]!, target: match[2]!, headers, body: new Uint8Array(), nowMs: now() });
  if (answer.type !== 'answer') return undefined;
  const body = typeof answer.body === 'string' ? answer.body : Buffer.from(answer.body).toString('latin1');
  const shown = [...answer.headers, ['Content-Length', String(Buffer.byteLength(body))], ['Connection', 'close']];
  return [
    `HTTP/1.1 ${answer.code} ${STATUS_CODES[answer.code] ?? ''}`,
    ...shown.map(([name, value]) => `${name}: ${value}`),
    '',
    body,
  ].join(CRLF);
};

/** A fault of this program: said as such, and the server goes on. */
const faultAnswer = (error: unknown): PlainAnswer => (error instanceof ApiError ? refusalAnswer(error) : internalFault(error));

const refusalAnswer = ({ code, status, headers }: ApiError): PlainAnswer => ({
  type: 'answer',
  code,
  headers: [['Content-Type', 'application/json'], ...Object.entries(headers)],
  body: JSON.stringify(status),
});

const internalFault = (error: unknown): PlainAnswer => ({
  type: 'answer',
  code: 500,
  headers: [['Content-Type', 'application/json']],
  body: JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`,
    reason: 'InternalError',
    code: 500,
  }),
});
