import { createHash } from 'node:crypto';
import type { Validators } from './last-good-store.js';
import { MAX_MANIFEST_BYTES } from './read-listing.js';
import { type RequestBytesOptions, type RequestFailure, requestBytes } from './request-bytes.js';

export type FetchedManifest =
  | { readonly type: 'body'; readonly text: Uint8Array; readonly digest: string; readonly validators: Validators }
  | { readonly type: 'notModified' }
  | { readonly type: 'failed'; readonly message: string; readonly why: FetchFailure };

/** What kind of failure it was; `missing`: a 404 or 410. */
export type FetchFailure = RequestFailure | 'status' | 'missing' | 'empty';

export interface FetchManifestOptions
  extends Pick<RequestBytesOptions, 'url' | 'headers' | 'timeoutMs' | 'foreignRedirects' | 'connections' | 'signal'> {
  /** The URL as it may be shown. */
  readonly shownUrl: string;
  readonly validators: Validators;
  /** Default: what a manifest may have. */
  readonly maxBytes?: number;
}

/** One GET of the manifest URL. Never rejects, never shows a header; only a complete, non-empty 200 is a body. */
export const fetchManifest = async (options: FetchManifestOptions): Promise<FetchedManifest> => {
  const { shownUrl, validators, maxBytes = MAX_MANIFEST_BYTES, ...request } = options;
  const failed = (why: FetchFailure, text: string): FetchedManifest => ({ type: 'failed', message: `${shownUrl}: ${text}`, why });
  const headers = [
    ...options.headers,
    ...(validators.etag === undefined ? [] : [['If-None-Match', validators.etag] as const]),
    ...(validators.lastModified === undefined ? [] : [['If-Modified-Since', validators.lastModified] as const]),
  ];
  const answer = await requestBytes({ ...request, headers, maxBytes });
  if (answer.type === 'failed')
    return failed(answer.why, answer.why === 'large' ? `${answer.message}, the limit of a manifest` : answer.message);
  if (answer.status === 304) {
    if (validators.etag !== undefined || validators.lastModified !== undefined) return { type: 'notModified' };
    return failed('status', 'answered 304 (not modified), and there is nothing here that it could mean');
  }
  if (answer.status !== 200)
    return failed(answer.status === 404 || answer.status === 410 ? 'missing' : 'status', `answered ${answer.statusLine}`);
  if (answer.body.length === 0)
    return failed('empty', 'answered with an empty body; its Pods keep running (an empty PodList would remove them)');
  const [etag, lastModified] = [answer.header('etag'), answer.header('last-modified')];
  return {
    type: 'body',
    text: answer.body,
    digest: createHash('sha256').update(answer.body).digest('hex'),
    validators: { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) },
  };
};
