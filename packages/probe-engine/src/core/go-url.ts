import {
  type ByteString,
  escapeBytes,
  hasControlByte,
  isEncodedFragment,
  isEncodedPath,
  type UrlPart,
  unescapeBytes,
} from './percent-encoding.js';

/** A URL as Go's net/url holds it, all of it as bytes. */
export interface GoUrl {
  readonly scheme: string;
  /** What follows the scheme of a URL that has no slash there. */
  readonly opaque: ByteString;
  readonly user: { readonly name: ByteString; readonly password: ByteString | undefined } | undefined;
  /** With the port; an IPv6 address in brackets. */
  readonly host: ByteString;
  /** Decoded. */
  readonly path: ByteString;
  /** As it was written, where that is not what `path` would be encoded to. */
  readonly rawPath: ByteString;
  /** Behind the `?`, as it was written; undefined without a `?`. */
  readonly query: ByteString | undefined;
  /** Behind the `#`, encoded. It is never asked for, but told in messages and in `Referer`. */
  readonly fragment: ByteString;
}

/** A parsed URL, or Go's words for what is wrong with it. */
export type ParsedUrl = { readonly ok: true; readonly url: GoUrl } | { readonly ok: false; readonly why: string };

const empty: GoUrl = { scheme: '', opaque: '', user: undefined, host: '', path: '', rawPath: '', query: undefined, fragment: '' };

/** The URL of nothing but this path, whatever stands in it. */
export const urlOfPath = (path: ByteString): GoUrl => ({ ...empty, path });

const failed = (why: string): ParsedUrl => ({ ok: false, why });

/** Go's `url.Parse`. */
export const parseGoUrl = (text: ByteString): ParsedUrl => {
  const parsed = parseParts(text);
  return parsed.ok ? parsed : failed(`parse ${JSON.stringify(text)}: ${parsed.why}`);
};

const parseParts = (text: ByteString): ParsedUrl => {
  const [bare = '', fragment = ''] = splitOnce(text, '#');
  if (hasControlByte(bare)) return failed('net/url: invalid control character in URL');
  const decodedFragment = unescapeBytes(fragment, 'fragment');
  if (decodedFragment === undefined) return failed(invalidEscape(fragment));
  const escapedFragment = isEncodedFragment(fragment) ? fragment : escapeBytes(decodedFragment, 'fragment');
  if (bare === '*') return { ok: true, url: { ...empty, path: '*', fragment: escapedFragment } };
  if (bare.startsWith(':')) return failed('missing protocol scheme');

  const [, written = '', afterScheme = ''] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(.*)$/s.exec(bare) ?? [];
  const scheme = written.toLowerCase();
  const [hierarchical = '', query] = splitOnce(afterScheme, '?');
  const base = { ...empty, scheme, query, fragment: escapedFragment };
  if (!hierarchical.startsWith('/')) {
    if (scheme !== '') return { ok: true, url: { ...base, opaque: hierarchical } };
    if (/^[^/]*:/.test(hierarchical)) return failed('first path segment in URL cannot contain colon');
  }
  if (!hierarchical.startsWith('//') || (scheme === '' && hierarchical.startsWith('///'))) return withPath(base, hierarchical);
  const [, authority = '', path = ''] = /^\/\/([^/]*)(.*)$/s.exec(hierarchical) ?? [];
  const parsed = parseAuthority(authority);
  return typeof parsed === 'string' ? failed(parsed) : withPath({ ...base, ...parsed }, path);
};

const invalidEscape = (text: ByteString): string =>
  `invalid URL escape ${JSON.stringify(/%(?![0-9A-Fa-f]{2}).{0,2}/s.exec(text)?.[0] ?? text)}`;

const splitOnce = (text: string, separator: string): readonly string[] => {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
};

const withPath = (url: GoUrl, written: ByteString): ParsedUrl => {
  const path = unescapeBytes(written, 'path');
  if (path === undefined) return failed(invalidEscape(written));
  return { ok: true, url: { ...url, path, rawPath: written === escapeBytes(path, 'path') ? '' : written } };
};

/** User and host, or what is wrong. */
const parseAuthority = (authority: ByteString): Pick<GoUrl, 'user' | 'host'> | string => {
  const at = authority.lastIndexOf('@');
  const host = parseHost(authority.slice(at + 1));
  if (host === undefined) return hostTrouble(authority.slice(at + 1));
  if (at === -1) return { user: undefined, host };
  const userinfo = authority.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(userinfo)) return 'net/url: invalid userinfo';
  const [name, password] = splitOnce(userinfo, ':').map((part) => unescapeBytes(part, 'userinfo'));
  if (name === undefined || (userinfo.includes(':') && password === undefined)) return invalidEscape(userinfo);
  return { user: { name, password }, host };
};

const hostTrouble = (host: ByteString): string => {
  const invalid = /%[0-9A-Fa-f]{0,2}/.exec(host)?.[0];
  return invalid === undefined ? `invalid host ${JSON.stringify(host)}` : `invalid URL escape ${JSON.stringify(invalid)}`;
};

const parseHost = (host: ByteString): ByteString | undefined => {
  if (host.includes('[')) {
    const [, inside = '', port] = /^\[(.*)\](:[0-9]*)?$/s.exec(host) ?? [];
    const zone = inside.indexOf('%25');
    const address = zone === -1 ? inside : inside.slice(0, zone);
    if (!isIpv6(address)) return undefined;
    const decoded: readonly [ByteString, UrlPart][] =
      zone === -1
        ? [[address, 'host']]
        : [
            [address, 'host'],
            [inside.slice(zone), 'zone'],
          ];
    const parts = decoded.map(([part, kind]) => unescapeBytes(part, kind));
    return parts.includes(undefined) ? undefined : `[${parts.join('')}]${port ?? ''}`;
  }
  // One colon at most, and digits behind it.
  return /^[^:]*(:[0-9]*)?$/s.test(host) ? unescapeBytes(host, 'host') : undefined;
};

const isIpv6 = (address: string): boolean => {
  if (!/^[0-9A-Fa-f:.]+$/.test(address)) return false;
  try {
    return new URL(`http://[${address}]/`).hostname !== '';
  } catch {
    return false;
  }
};

/** `EscapedPath`. */
const escapedPath = ({ path, rawPath }: GoUrl): ByteString => {
  if (rawPath !== '' && isEncodedPath(rawPath)) return rawPath;
  return path === '*' ? '*' : escapeBytes(path, 'path');
};

const queryOf = ({ query }: GoUrl): ByteString => (query === undefined ? '' : `?${query}`);
const tailOf = (url: GoUrl): ByteString => `${queryOf(url)}${url.fragment === '' ? '' : `#${url.fragment}`}`;

/** Go's `URL.String`; with `mask` a password reads `***`, as in errors. */
export const formatGoUrl = (url: GoUrl, { mask = false } = {}): ByteString => {
  const scheme = url.scheme === '' ? '' : `${url.scheme}:`;
  if (url.opaque !== '') return `${scheme}${url.opaque}${tailOf(url)}`;
  const path = escapedPath(url);
  const separator = path !== '' && !path.startsWith('/') && url.host !== '' ? '/' : '';
  const slashes = url.host !== '' || path !== '' || url.user !== undefined ? '//' : '';
  return `${scheme}${slashes}${formatUser(url, mask)}${escapeBytes(url.host, 'host')}${separator}${path}${tailOf(url)}`;
};

const formatUser = ({ user }: GoUrl, mask: boolean): ByteString => {
  if (user === undefined) return '';
  const password = user.password === undefined ? '' : `:${mask ? '***' : escapeBytes(user.password, 'userinfo')}`;
  return `${escapeBytes(user.name, 'userinfo')}${password}@`;
};

/** Go's `URL.RequestURI`: what stands in the request line. */
export const requestUri = (url: GoUrl): ByteString => `${escapedPath(url) || '/'}${queryOf(url)}`;

/** Go's `URL.Hostname`, without brackets. */
export const hostnameOf = ({ host }: GoUrl): ByteString => splitHostPort(host).hostname;

/** Go's `URL.Port`; empty without one. */
export const portOf = ({ host }: GoUrl): string => splitHostPort(host).port;

const splitHostPort = (host: ByteString): { hostname: ByteString; port: string } => {
  const [, hostname = host, port = ''] = /^(.*):([0-9]*)$/s.exec(host) ?? [];
  return { hostname: /^\[.*\]$/s.test(hostname) ? hostname.slice(1, -1) : hostname, port };
};

/** Go's `ResolveReference`. */
export const resolveReference = (base: GoUrl, reference: GoUrl): GoUrl => {
  const scheme = reference.scheme || base.scheme;
  const setPath = (url: GoUrl, path: ByteString): GoUrl => {
    const set = withPath(url, path);
    return set.ok ? set.url : url;
  };
  if (reference.scheme !== '' || reference.host !== '' || reference.user !== undefined)
    return setPath({ ...reference, scheme }, resolvePath(escapedPath(reference), ''));
  const same = reference.path === '' && reference.query === undefined;
  const query = same ? base.query : reference.query;
  const fragment = same ? reference.fragment || base.fragment : reference.fragment;
  return setPath(
    { ...reference, scheme, query, fragment, host: base.host, user: base.user },
    resolvePath(escapedPath(base), escapedPath(reference)),
  );
};

/** Go's `resolvePath`: dot segments are taken out. */
const resolvePath = (base: ByteString, reference: ByteString): ByteString => {
  const full = reference === '' ? base : reference.startsWith('/') ? reference : base.slice(0, base.lastIndexOf('/') + 1) + reference;
  if (full === '') return '';
  const segments = full.split('/');
  let kept: string[] = [];
  let first = true;
  for (const segment of segments) {
    if (segment === '.') first = false;
    else if (segment === '..') {
      first = kept.length <= 1;
      kept = kept.slice(0, -1);
    } else {
      kept = first ? [segment] : [...kept, segment];
      first = false;
    }
  }
  const last = segments.at(-1);
  const path = `/${kept.join('/')}${last === '.' || last === '..' ? '/' : ''}`;
  return path.startsWith('//') ? path.slice(1) : path;
};
