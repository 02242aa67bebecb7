import { createHash } from 'node:crypto';
import { describeError } from '@solo-kubelet/diagnostics';
import { parseUrl } from '@solo-kubelet/diagnostics/text';
import { joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import type { Dispatcher, Response } from 'undici';
import type { Validators } from './last-good-store.js';
import { MAX_MANIFEST_BYTES } from './read-listing.js';
import { redactUrl } from './redact-url.js';

export type FetchedManifest =
  | { readonly type: 'body'; readonly text: Uint8Array; readonly digest: string; readonly validators: Validators }
  | { readonly type: 'notModified' }
  | { readonly type: 'failed'; readonly message: string; readonly why: FetchFailure };

/** What kind of failure it was; `missing`: a 404 or 410, `untrusted`: a certificate that can't be trusted. */
export type FetchFailure = 'unreachable' | 'untrusted' | 'slow' | 'status' | 'missing' | 'redirect' | 'empty' | 'large';

export interface FetchManifestOptions {
  readonly url: string;
  /** The URL as it may be shown. */
  readonly shownUrl: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly validators: Validators;
  /** Time limit of the whole exchange, ms. */
  readonly timeoutMs: number;
  readonly maxBytes?: number;
  /** What becomes of `headers`, and of whatever else `dispatcher` vouches by, where a redirect leads to another origin. Default: headers are left out. */
  readonly foreignRedirects?: 'withoutHeaders' | 'refuse';
  /** Connections; asked for when they are needed. */
  readonly dispatcher: () => Promise<Dispatcher>;
  readonly signal: AbortSignal;
}

/** One GET of the manifest URL. Never rejects, never shows a header; only a complete, non-empty 200 is a body. */
export const fetchManifest = async (options: FetchManifestOptions): Promise<FetchedManifest> => {
  const { url, shownUrl, validators, timeoutMs, maxBytes = MAX_MANIFEST_BYTES, dispatcher } = options;
  const limit = timeoutSignal(timeoutMs);
  using joined = joinSignals([options.signal, limit]);
  const failed = (why: FetchFailure, text: string): FetchedManifest => ({ type: 'failed', message: `${shownUrl}: ${text}`, why });
  try {
    const headers = [
      ...options.headers,
      ...(validators.etag === undefined ? [] : [['If-None-Match', validators.etag] as const]),
      ...(validators.lastModified === undefined ? [] : [['If-Modified-Since', validators.lastModified] as const]),
    ].map(([name, value]): [string, string] => [name, value]);
    const response = await followRedirects({
      url,
      headers,
      dispatcher: await dispatcher(),
      foreign: options.foreignRedirects ?? 'withoutHeaders',
      signal: joined.signal,
    });
    if (response.type === 'refused') return failed('redirect', response.why);
    const { answer } = response;
    if (answer.status === 304) {
      await answer.body?.cancel();
      if (validators.etag !== undefined || validators.lastModified !== undefined) return { type: 'notModified' };
      return failed('status', 'answered 304 (not modified), and there is nothing here that it could mean');
    }
    if (answer.status !== 200) {
      await answer.body?.cancel();
      return failed(
        answer.status === 404 || answer.status === 410 ? 'missing' : 'status',
        `answered ${answer.status} ${answer.statusText}`.trimEnd(),
      );
    }
    const parts: Uint8Array[] = [];
    let total = 0;
    for await (const part of answer.body ?? []) {
      total += part.byteLength;
      if (total > maxBytes) return failed('large', `answered with more than ${maxBytes} bytes, the limit of a manifest`);
      parts.push(part);
    }
    if (total === 0) return failed('empty', 'answered with an empty body; its Pods keep running (an empty PodList would remove them)');
    const text = Buffer.concat(parts);
    const etag = answer.headers.get('etag') ?? undefined;
    const lastModified = answer.headers.get('last-modified') ?? undefined;
    return {
      type: 'body',
      text,
      digest: createHash('sha256').update(text).digest('hex'),
      validators: { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) },
    };
  } catch (error) {
    if (limit.aborted) return failed('slow', `did not answer within ${timeoutMs / 1_000} s`);
    return failed(isUntrusted(error) ? 'untrusted' : 'unreachable', describeError(error));
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
  readonly headers: [string, string][];
  readonly dispatcher: Dispatcher;
  readonly foreign: NonNullable<FetchManifestOptions['foreignRedirects']>;
  readonly signal: AbortSignal;
}

/** The last answer of a chain of redirects. Headers that the user gave never leave the origin they were given for, and https never turns into http. */
const followRedirects = async ({ url, headers, dispatcher, foreign, signal }: FollowOptions): Promise<Followed> => {
  // Loaded on first use: a node without a manifest URL does not pay its 8 MiB.
  const { fetch } = await import('undici');
  const { origin } = new URL(url);
  let target = new URL(url);
  let own = headers;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const answer = await fetch(target, { headers: own, dispatcher, redirect: 'manual', signal });
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
    if (next.origin !== origin) own = [];
    target = next;
  }
  return { type: 'refused', why: `was redirected more than ${MAX_REDIRECTS} times` };
};

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
