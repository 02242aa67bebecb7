import { describeError } from '@solo-kubelet/diagnostics';
import { parseUrl } from '@solo-kubelet/diagnostics/text';
import { joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import type { Dispatcher, Response } from 'undici';
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
   * What becomes of `headers`, and of whatever else `dispatcher` vouches by, where a redirect leads to another origin; `withHeaders` is for those in which there
   * is no secret. Default: headers are left out.
   */
  readonly foreignRedirects?: 'withoutHeaders' | 'withHeaders' | 'refuse';
  /** Connections; asked for when they are needed. */
  readonly dispatcher: () => Promise<Dispatcher>;
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
  | {
      readonly type: 'opened';
      readonly status: number;
      /** Such as `404 Not Found`. */
      readonly statusLine: string;
      /** A header of the answer, by any case of its name. */
      readonly header: (name: string) => string | undefined;
      /** The body as it comes; of no bounded size, and ending in time is up to `signal`. Read it, or cancel it. */
      readonly body: ReadableStream<Uint8Array> | null;
    }
  | { readonly type: 'failed'; readonly why: Exclude<RequestFailure, 'large'>; readonly message: string };

/** One request up to the head of its answer, whose body is left to whoever asks. Never rejects, never shows a header. */
export const openResponse = async (options: OpenRequestOptions): Promise<OpenedResponse> => {
  const { url, method = 'GET', headers, dispatcher, signal } = options;
  try {
    const response = await followRedirects({
      url,
      method,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      dispatcher: await dispatcher(),
      foreign: options.foreignRedirects ?? 'withoutHeaders',
      signal,
    });
    if (response.type === 'refused') return { type: 'failed', why: 'redirect', message: response.why };
    const { answer } = response;
    return {
      type: 'opened',
      status: answer.status,
      statusLine: `${answer.status} ${answer.statusText}`.trimEnd(),
      header: (name) => answer.headers.get(name) ?? undefined,
      body: answer.body as ReadableStream<Uint8Array> | null,
    };
  } catch (error) {
    return { type: 'failed', ...requestFailure(error) };
  }
};

/** Why a request, or the reading of its answer, came to an end. */
export const requestFailure = (error: unknown): { readonly why: 'untrusted' | 'unreachable'; readonly message: string } => ({
  why: isUntrusted(error) ? 'untrusted' : 'unreachable',
  message: describeError(error),
});

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
    if (most === 0) await body?.cancel();
    else
      for await (const part of body ?? []) {
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

type Followed = { readonly type: 'answered'; readonly answer: Response } | { readonly type: 'refused'; readonly why: string };

interface FollowOptions {
  readonly url: string;
  readonly method: 'GET' | 'HEAD';
  readonly headers: [string, string][];
  readonly dispatcher: Dispatcher;
  readonly foreign: NonNullable<RequestBytesOptions['foreignRedirects']>;
  readonly signal: AbortSignal;
}

/** The last answer of a chain of redirects. Headers that the user gave never leave the origin they were given for, and https never turns into http. */
const followRedirects = async ({ url, method, headers, dispatcher, foreign, signal }: FollowOptions): Promise<Followed> => {
  // Loaded on first use: a node without a manifest URL does not pay its 8 MiB.
  const { fetch } = await import('undici');
  const { origin } = new URL(url);
  let target = new URL(url);
  let own = headers;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const answer = await fetch(target, { method, headers: own, dispatcher, redirect: 'manual', signal });
    const location = REDIRECTS.has(answer.status) ? answer.headers.get('location') : null;
    if (location === null) return { type: 'answered', answer };
    await answer.body?.cancel();
    const next = parseUrl(location, target.href);
    if (next === undefined || !/^https?:$/.test(next.protocol))
      return { type: 'refused', why: 'was redirected to something that is not an http or https URL' };
    if (target.protocol === 'https:' && next.protocol === 'http:') {
      return { type: 'refused', why: `was redirected from https to ${redactUrl(next.href)}; nobody could vouch for what that answers` };
    }
    if (next.origin !== origin && foreign === 'refuse') {
      return {
        type: 'refused',
        why: `was redirected to ${redactUrl(next.href)}, another server than the one that its credentials are for`,
      };
    }
    // Once lost, they stay lost: a foreign server must not lead back with an address of its choice.
    if (next.origin !== origin && foreign !== 'withHeaders') own = [];
    target = next;
  }
  return { type: 'refused', why: `was redirected more than ${MAX_REDIRECTS} times` };
};

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
