import { IncomingMessage } from 'node:http';
import { describeError } from '@solo-kubelet/diagnostics';
import { parseUrl } from '@solo-kubelet/diagnostics/text';
import { joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import type { HttpAnswer, HttpConnections } from './http/http-connections.js';
import { redactUrl } from './redact-url.js';

export interface RequestBytesOptions {
  readonly url: string;
  /** Default GET. */
  readonly method?: 'GET' | 'HEAD';
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Time limit of the whole exchange, ms. */
  readonly timeoutMs: number;
  /** Most that the body of a 200 may have. */
  readonly maxBytes: number;
  /** How much is read of the body of any other answer; what is beyond is dropped. Default: nothing. */
  readonly maxErrorBytes?: number;
  /**
   * What becomes of `headers`, and of whatever else `connections` vouch by, where a redirect leads to another origin; `withHeaders` is for those in which there
   * is no secret. Default: headers are left out.
   */
  readonly foreignRedirects?: 'withoutHeaders' | 'withHeaders' | 'refuse';
  readonly connections: HttpConnections;
  readonly signal: AbortSignal;
}

/** Why there is no answer, or none that may be used; `untrusted`: a certificate that can't be trusted. */
export type RequestFailure = 'unreachable' | 'untrusted' | 'slow' | 'redirect' | 'large';

export type RequestedBytes =
  | {
      readonly type: 'answered';
      readonly status: number;
      /** Such as `404 Not Found`. */
      readonly statusLine: string;
      /** A header of the answer, by any case of its name. */
      readonly header: (name: string) => string | undefined;
      readonly body: Uint8Array;
    }
  | { readonly type: 'failed'; readonly why: RequestFailure; readonly message: string };

export type OpenRequestOptions = Omit<RequestBytesOptions, 'timeoutMs' | 'maxBytes' | 'maxErrorBytes'>;

export type OpenedResponse =
  /** Ending in time is up to `signal`. Read the body to its end, or let go of it by `letGo`. */
  | (HttpAnswer & { readonly type: 'opened' })
  | { readonly type: 'failed'; readonly why: Exclude<RequestFailure, 'large'>; readonly message: string };

/** One request up to the head of its answer, whose body is left to whoever asks. Never rejects, never shows a header. */
export const openResponse = async ({
  method = 'GET',
  foreignRedirects = 'withoutHeaders',
  ...options
}: OpenRequestOptions): Promise<OpenedResponse> => {
  try {
    const response = await followRedirects({ ...options, method, foreignRedirects });
    if (response.type === 'refused') return { type: 'failed', why: 'redirect', message: response.why };
    return { type: 'opened', ...response.answer };
  } catch (error) {
    return { type: 'failed', ...requestFailure(error) };
  }
};

/** Leaves the rest of a body unread, and keeps its connection where all of it is here. */
export const letGo = ({ body }: Pick<HttpAnswer, 'body'>): void => {
  if (body instanceof IncomingMessage && body.complete) body.resume();
  else body.destroy();
};

/** Why a request, or the reading of its answer, came to an end. */
export const requestFailure = (error: unknown): { readonly why: 'untrusted' | 'unreachable'; readonly message: string } => ({
  why: isUntrusted(error) ? 'untrusted' : 'unreachable',
  message: isBrokenOff(error) ? 'the connection ended before the answer did' : describeError(error),
});

/** Node.js's own words for it are that it was aborted. */
const isBrokenOff = (error: unknown): boolean =>
  error instanceof Error && error.message === 'aborted' && (error as NodeJS.ErrnoException).code === 'ECONNRESET';

/** One request with an answer of bounded size and time. Never rejects, never shows a header. */
export const requestBytes = async (options: RequestBytesOptions): Promise<RequestedBytes> => {
  const { timeoutMs, maxBytes, maxErrorBytes = 0 } = options;
  const limit = timeoutSignal(timeoutMs);
  using joined = joinSignals([options.signal, limit]);
  const failed = (why: RequestFailure, message: string): RequestedBytes => ({ type: 'failed', message, why });
  const slow = (message: string): RequestedBytes => failed('slow', message);
  const opened = await openResponse({ ...options, signal: joined.signal });
  if (opened.type === 'failed') return limit.aborted ? slow(`did not answer within ${timeoutMs / 1_000} s`) : opened;
  const { body, ...head } = opened;
  let came = 0;
  try {
    const isGood = opened.status === 200;
    const most = isGood ? maxBytes : maxErrorBytes;
    const parts: Uint8Array[] = [];
    if (most === 0) letGo(opened);
    else
      for await (const part of body as AsyncIterable<Uint8Array>) {
        came += part.byteLength;
        if (came > most && isGood) return failed('large', `answered with more than ${maxBytes} bytes`);
        if (came > most) break;
        parts.push(part);
      }
    return { ...head, type: 'answered', body: Buffer.concat(parts) };
  } catch (error) {
    return limit.aborted
      ? slow(`had sent ${came} bytes of its answer after ${timeoutMs / 1_000} s, and not all of it`)
      : { type: 'failed', ...requestFailure(error) };
  }
};

/** Codes of OpenSSL and Node for a certificate that does not vouch for the server. */
const UNTRUSTED =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)|ERR_TLS_CERT_|INVALID_CA)/;

const isUntrusted = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  const { code } = error as { readonly code?: unknown };
  return (typeof code === 'string' && UNTRUSTED.test(code)) || isUntrusted(error.cause);
};

/** Redirects that are followed, as Go's client does (net/http defaultCheckRedirect). */
const MAX_REDIRECTS = 10;

type Followed = { readonly type: 'answered'; readonly answer: HttpAnswer } | { readonly type: 'refused'; readonly why: string };

type FollowOptions = OpenRequestOptions & Required<Pick<OpenRequestOptions, 'method' | 'foreignRedirects'>>;

/** The last answer of a chain of redirects. Headers that the user gave never leave the origin they were given for, and https never turns into http. */
const followRedirects = async ({ url, method, headers, connections, foreignRedirects, signal }: FollowOptions): Promise<Followed> => {
  const { origin } = new URL(url);
  let target = new URL(url);
  let own = headers;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const answer = await connections.send({ url: target, method, headers: own, signal });
    const location = REDIRECTS.has(answer.status) ? answer.header('location') : undefined;
    if (location === undefined) return { type: 'answered', answer };
    letGo(answer);
    const next = parseUrl(location, target.href);
    if (next === undefined || !/^https?:$/.test(next.protocol))
      return { type: 'refused', why: 'was redirected to something that is not an http or https URL' };
    if (next.username !== '' || next.password !== '')
      return { type: 'refused', why: `was redirected to ${redactUrl(next.href)} with credentials of the server's choice` };
    if (target.protocol === 'https:' && next.protocol === 'http:') {
      return { type: 'refused', why: `was redirected from https to ${redactUrl(next.href)}; nobody could vouch for what that answers` };
    }
    if (next.origin !== origin && foreignRedirects === 'refuse') {
      return {
        type: 'refused',
        why: `was redirected to ${redactUrl(next.href)}, another server than the one that its credentials are for`,
      };
    }
    // Once lost, they stay lost: a foreign server must not lead back with an address of its choice.
    if (next.origin !== origin && foreignRedirects !== 'withHeaders') own = [];
    target = next;
  }
  return { type: 'refused', why: `was redirected more than ${MAX_REDIRECTS} times` };
};

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
