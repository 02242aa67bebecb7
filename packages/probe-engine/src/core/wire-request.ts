import { firstOf, type GetRequest } from './get-request.js';
import { type GoUrl, hostnameOf, portOf, requestUri } from './go-url.js';
import { type ByteString, hasControlByte, isAscii, toText } from './percent-encoding.js';

/** What goes onto the wire, and where to. */
export interface WireRequest {
  readonly tls: boolean;
  /** To connect to: without brackets, an address with its zone, a name beyond ASCII as Punycode. */
  readonly hostname: string;
  readonly port: number;
  /** Behind `GET`. It may hold blanks: Go sends a query as it is written. */
  readonly target: ByteString;
  /** In the order of Go's client: `Host` and `User-Agent`, the others by name, and what the transport adds. */
  readonly headers: readonly (readonly [name: string, values: readonly ByteString[]])[];
}

export type WiredRequest = { readonly ok: true; readonly request: WireRequest } | { readonly ok: false; readonly why: string };

const DEFAULT_PORT: Readonly<Record<string, number>> = { http: 80, https: 443 };
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Written by the client itself, or not at all. */
const NOT_COPIED: ReadonlySet<string> = new Set(['Host', 'User-Agent', 'Content-Length', 'Transfer-Encoding', 'Trailer']);

/** What Go's net/http client and transport make of a request, or their words for why it can't be sent. */
export const wireRequest = ({ url, host, headers, gzip }: GetRequest): WiredRequest => {
  if (url.scheme !== 'http' && url.scheme !== 'https')
    return { ok: false, why: `unsupported protocol scheme ${JSON.stringify(url.scheme)}` };
  if (url.host === '') return { ok: false, why: 'http: no Host in request URL' };
  const broken = brokenHeader(headers);
  if (broken !== undefined) return { ok: false, why: `net/http: invalid header ${broken}` };
  const hostHeader = toHostHeader(host || url.host);
  const hostname = toAscii(hostnameOf(url));
  if (hostHeader === undefined || hostname === undefined) return { ok: false, why: 'idna: invalid host name' };

  const userAgent = trim(firstOf(headers, 'User-Agent'));
  const copied = [...headers].filter(([name]) => !NOT_COPIED.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ok: true,
    request: {
      tls: url.scheme === 'https',
      hostname,
      port: Number(portOf(url)) || (DEFAULT_PORT[url.scheme] ?? 0),
      target: requestUri(url),
      headers: [
        ['Host', [hostHeader]],
        ...(userAgent === '' ? [] : [['User-Agent', [userAgent]] as const]),
        ...withUser(copied, url).map(([name, values]) => [name, values.map(trim)] as const),
        ...addedByTransport(headers, gzip),
      ],
    },
  };
};

const brokenHeader = (headers: GetRequest['headers']): string | undefined => {
  for (const [name, values] of headers) {
    if (!TOKEN.test(name)) return `field name ${JSON.stringify(toText(name))}`;
    if (values.some((value) => hasControlByte(value.replaceAll('\t', '')))) return `field value for ${JSON.stringify(name)}`;
  }
  return undefined;
};

const trim = (value: ByteString): ByteString => value.replace(/^[ \t]+|(?<![ \t])[ \t]+$/g, '');

type HeaderList = readonly (readonly [string, readonly ByteString[]])[];

/** The user of a URL is sent as basic authorization, unless there is one. */
const withUser = (sorted: HeaderList, { user }: GoUrl): HeaderList => {
  const own = sorted.find(([name]) => name === 'Authorization')?.[1][0] ?? '';
  if (user === undefined || own !== '') return sorted;
  const value = `Basic ${btoa(`${user.name}:${user.password ?? ''}`)}`;
  const others = sorted.filter(([name]) => name !== 'Authorization');
  return [...others, ['Authorization', [value]] as const].sort(([a], [b]) => (a < b ? -1 : 1));
};

/** The connection is used once, and a compressed answer is asked for where nothing else is. */
const addedByTransport = (headers: GetRequest['headers'], gzip: boolean): HeaderList => {
  const asksForGzip = gzip && firstOf(headers, 'Accept-Encoding') === '' && firstOf(headers, 'Range') === '';
  const connection = firstOf(headers, 'Connection').toLowerCase();
  const closes = connection.split(',').some((token) => token.trim() === 'close');
  const switches = connection.split(',').some((token) => token.trim() === 'upgrade') && firstOf(headers, 'Upgrade') !== '';
  return [
    ...(asksForGzip ? [['Accept-Encoding', ['gzip']] as const] : []),
    ...(closes || switches ? [] : [['Connection', ['close']] as const]),
  ];
};

/** A name beyond ASCII as Punycode, an address without its zone, and nothing in place of what can't be a host. */
const toHostHeader = (host: ByteString): ByteString | undefined => {
  const ascii = toAscii(host);
  if (ascii === undefined) return undefined;
  if (!/^[A-Za-z0-9!$%&'()*+,\-.:;=[\]_~]*$/.test(ascii)) return '';
  return ascii.replace(/^(\[[^\]%]*)%[^\]]*\]/, '$1]');
};

const toAscii = (host: ByteString): ByteString | undefined => {
  if (isAscii(host)) return host;
  const [, name = host, port = ''] = /^(.*?)(:[0-9]*)?$/s.exec(host) ?? [];
  try {
    return `${new URL(`http://${toText(name)}/`).hostname}${port}`;
  } catch {
    return undefined;
  }
};
