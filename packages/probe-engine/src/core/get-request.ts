import type { HTTPHeader } from '@solo-kubelet/pod-spec';
import { formatGoUrl, type GoUrl, parseGoUrl, urlOfPath } from './go-url.js';
import { type ByteString, toBytes } from './percent-encoding.js';

/** A GET request as Go's net/http holds it, all text as bytes. */
export interface GetRequest {
  readonly url: GoUrl;
  /** What `Host` says in place of the URL's host; empty: the URL's host. */
  readonly host: ByteString;
  /** By canonical name (`X-Request-Id`). A `Host` among them is not sent. */
  readonly headers: ReadonlyMap<string, readonly ByteString[]>;
  /** Whether a compressed answer is asked for. */
  readonly gzip: boolean;
}

export interface GetRequestInput {
  /** `HTTP` or `HTTPS`. Default `HTTP`. */
  readonly scheme?: string;
  /** Name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query as the manifest has them. Default: empty, which is asked for as `/`. */
  readonly path?: string;
  readonly httpHeaders?: readonly HTTPHeader[];
  readonly userAgent: string;
  readonly gzip: boolean;
}

export type CreatedRequest = { readonly ok: true; readonly request: GetRequest } | { readonly ok: false; readonly why: string };

/**
 * The request of an httpGet probe or lifecycle hook (NewRequestForHTTPGetAction in pkg/probe/http/request.go): the path is read as a URL of which
 * only path, query and user count; one that cannot be read is a path as a whole. Fails where Go's http.NewRequest does.
 */
export const createGetRequest = (input: GetRequestInput): CreatedRequest => {
  const { scheme = 'HTTP', host, port, path = '', httpHeaders = [], userAgent, gzip } = input;
  const written = toBytes(path);
  const parsed = parseGoUrl(written);
  const given = parsed.ok ? parsed.url : urlOfPath(written);
  const text = formatGoUrl({ ...given, scheme: scheme.toLowerCase() || 'http', host: joinHostPort(toBytes(host), port) });
  const again = parseGoUrl(text);
  if (!again.ok) return again;

  const headers = new Map<string, readonly ByteString[]>();
  for (const { name, value } of httpHeaders) {
    const key = canonicalName(toBytes(name));
    headers.set(key, [...(headers.get(key) ?? []), toBytes(value)]);
  }
  if (!headers.has('User-Agent')) headers.set('User-Agent', [userAgent]);
  if (!headers.has('Accept')) headers.set('Accept', ['*/*']);
  else if (firstOf(headers, 'Accept') === '') headers.delete('Accept');
  return { ok: true, request: { url: again.url, host: firstOf(headers, 'Host'), headers, gzip } };
};

export const joinHostPort = (host: ByteString, port: number): ByteString => (/[:%]/.test(host) ? `[${host}]:${port}` : `${host}:${port}`);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Go's CanonicalMIMEHeaderKey: what is no token stays as it is. */
const canonicalName = (name: ByteString): string =>
  TOKEN.test(name) ? name.toLowerCase().replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase()) : name;

/** The first value of a header; empty without one. */
export const firstOf = (headers: GetRequest['headers'], name: string): ByteString => headers.get(name)?.[0] ?? '';
