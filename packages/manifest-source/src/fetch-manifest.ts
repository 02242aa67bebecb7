import { createHash } from 'node:crypto';
import { describeError } from '@solo-kubelet/diagnostics';
import type { Dispatcher } from 'undici';
import type { Validators } from './last-good-store.js';
import { MAX_MANIFEST_BYTES } from './read-listing.js';

export type FetchedManifest =
  | { readonly type: 'body'; readonly text: Uint8Array; readonly digest: string; readonly validators: Validators }
  | { readonly type: 'notModified' }
  | { readonly type: 'failed'; readonly message: string };

export interface FetchManifestOptions {
  readonly url: string;
  /** The URL as it may be shown. */
  readonly shownUrl: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly validators: Validators;
  /** Time limit of the whole exchange, ms. */
  readonly timeoutMs: number;
  readonly maxBytes?: number;
  /** Connections; asked for when they are needed. */
  readonly dispatcher: () => Promise<Dispatcher>;
  readonly signal: AbortSignal;
}

/** One GET of the manifest URL. Never rejects, never shows a header; only a complete, non-empty 200 is a body. */
export const fetchManifest = async (options: FetchManifestOptions): Promise<FetchedManifest> => {
  const { url, shownUrl, validators, timeoutMs, maxBytes = MAX_MANIFEST_BYTES, dispatcher } = options;
  const limit = AbortSignal.timeout(timeoutMs);
  const failed = (why: string): FetchedManifest => ({ type: 'failed', message: `${shownUrl}: ${why}` });
  try {
    const headers = [
      ...options.headers,
      ...(validators.etag === undefined ? [] : [['If-None-Match', validators.etag] as const]),
      ...(validators.lastModified === undefined ? [] : [['If-Modified-Since', validators.lastModified] as const]),
    ].map(([name, value]): [string, string] => [name, value]);
    // Loaded on first use: a node without a manifest URL does not pay its 8 MiB.
    const { fetch } = await import('undici');
    const response = await fetch(url, {
      headers,
      dispatcher: await dispatcher(),
      redirect: 'follow',
      signal: AbortSignal.any([options.signal, limit]),
    });
    if (response.status === 304) {
      await response.body?.cancel();
      return { type: 'notModified' };
    }
    if (response.status !== 200) {
      await response.body?.cancel();
      return failed(`answered ${response.status} ${response.statusText}`.trimEnd());
    }
    const parts: Uint8Array[] = [];
    let total = 0;
    for await (const part of response.body ?? []) {
      total += part.byteLength;
      if (total >= maxBytes) return failed(`answered with ${maxBytes} bytes or more`);
      parts.push(part);
    }
    if (total === 0) return failed('answered with an empty body; its Pods keep running (an empty PodList would remove them)');
    const text = Buffer.concat(parts);
    const etag = response.headers.get('etag') ?? undefined;
    const lastModified = response.headers.get('last-modified') ?? undefined;
    return {
      type: 'body',
      text,
      digest: createHash('sha256').update(text).digest('hex'),
      validators: { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) },
    };
  } catch (error) {
    return failed(limit.aborted ? `did not answer within ${timeoutMs / 1_000} s` : describeError(error));
  }
};
