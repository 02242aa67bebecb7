import { firstOf, type GetRequest } from './get-request.js';
import { formatGoUrl, hostnameOf, parseGoUrl, resolveReference } from './go-url.js';
import type { ByteString } from './percent-encoding.js';

/** Most requests that one probe or hook makes (RedirectChecker in pkg/probe/http/http.go). */
const MAX_REQUESTS = 10;

export type Redirection =
  /** The answer is the final one. */
  | { readonly type: 'answer' }
  | { readonly type: 'follow'; readonly request: GetRequest }
  /** `at`: the URL that Go names in its message, where that is not the last one asked for. */
  | { readonly type: 'failed'; readonly why: string; readonly at?: ByteString };

/**
 * What an answer with this status and Location means to Go's client with Kubernetes' RedirectChecker: followed within the host name of the first
 * request, whatever its port and scheme; one that leaves it is itself the answer. `requests`: all so far.
 */
export const redirectOf = (requests: readonly GetRequest[], status: number, location: ByteString): Redirection => {
  const first = requests[0];
  const last = requests.at(-1);
  if (first === undefined || last === undefined || ![301, 302, 303, 307, 308].includes(status) || location === '')
    return { type: 'answer' };
  const reference = parseGoUrl(location);
  if (!reference.ok) return { type: 'failed', why: `failed to parse Location header ${JSON.stringify(location)}: ${reference.why}` };
  const url = resolveReference(last.url, reference.url);
  if (hostnameOf(url) !== hostnameOf(first.url)) return { type: 'answer' };
  if (requests.length >= MAX_REQUESTS) return { type: 'failed', why: `stopped after ${MAX_REQUESTS} redirects`, at: location };
  const ownHost = last.host !== '' && last.host !== last.url.host && reference.url.scheme === '';
  const referer = last.url.scheme === 'https' && url.scheme === 'http' ? '' : formatGoUrl({ ...last.url, user: undefined });
  const headers = new Map(first.headers);
  if (referer !== '' && firstOf(headers, 'Referer') === '') headers.set('Referer', [referer]);
  return { type: 'follow', request: { url, host: ownHost ? last.host : '', headers, gzip: first.gzip } };
};
