import type { AuthRequest, RouteTable } from '../route-table.js';
import { FORWARDED, headerLines, withHeaders } from './header-plan.js';
import { escapedUri } from './nginx-path.js';
import { bytesOf, type NginxVariables, quoted } from './nginx-text.js';

/** What `auth-url` becomes. */
export interface NginxAuth {
  /** Of a location that is guarded. */
  readonly lines: readonly string[];
  /** Headers that its requests get: variables by names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Blocks of the server. */
  readonly blocks: readonly string[];
}

/** Of the answer of the server that is asked; what frames a message is never handed on. */
const FRAMING = new Set(['connection', 'content-length', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'keep-alive']);

/** What clients prove who they are with is for the server that is asked, also where its answer has one of these for the server behind. */
const CREDENTIALS = new Set(['authorization', 'cookie']);

/**
 * Another server is asked with the request's headers: 2xx lets it pass, 401 and 403 are handed on, all else is 500. `id`: a name that no other has. Its place has a
 * space in it, which no path of a manifest has.
 */
export const nginxAuth = (
  auth: AuthRequest,
  id: string,
  { backends, caBundle, variables }: Pick<RouteTable, 'backends' | 'caBundle'> & { readonly variables: NginxVariables },
): NginxAuth => {
  const { url, signin, responseHeaders } = auth;
  const place = quoted(`/ ${id}auth`);
  const [, scheme = '', authority = '', pathAndQuery = '/'] = /^(https?):\/\/([^/?#]*)([^#]*)/.exec(bytesOf(url)) ?? [];
  const uri = pathAndQuery.startsWith('/') ? pathAndQuery : `/${pathAndQuery}`;
  const target = targetOf(auth, { backends, caBundle });
  const passed = responseHeaders.filter((name) => !FRAMING.has(name.toLowerCase()));
  const headers = Object.fromEntries(passed.map((name, i) => [name, `$${id}_${i}`]));
  // Nobody says himself who he is, to the server that is asked either.
  const claims = Object.fromEntries(responseHeaders.filter((name) => !CREDENTIALS.has(name.toLowerCase())).map((name) => [name, '']));
  const sent = withHeaders(new Map([...withHeaders(new Map(), claims), ...FORWARDED]), {
    Host: variables.literal(authority),
    'X-Original-URL': '$scheme://$http_host$request_uri',
    'X-Original-Method': '$request_method',
    'X-Auth-Request-Redirect': '$request_uri',
    ...{ 'Content-Length': '', 'Content-Type': '', Range: '', Upgrade: '', Expect: '', TE: '', 'Sec-WebSocket-Key': '' },
  });
  return {
    headers,
    lines: [
      `        auth_request ${place};`,
      ...passed.map((name, i) => `        auth_request_set $${id}_${i} $upstream_http_${name.toLowerCase().replaceAll('-', '_')};`),
      `        auth_request_set $${id}_cookie $upstream_http_set_cookie;`,
      `        add_header Set-Cookie $${id}_cookie always;`,
      ...(signin === undefined ? [] : [`        error_page 401 = @${id}signin;`]),
    ],
    blocks: [
      `    location = ${place} {`,
      '        internal;',
      ...(target === undefined
        ? ['        return 503;']
        : [
            // A word without variables would be resolved at the start alone, and keep everything from being served where that fails.
            `        proxy_pass ${quoted(target === '$' ? variables.constant(`${scheme}://${authority}${uri}`) : `${target}${variables.literal(uri)}`)};`,
            '        proxy_pass_request_body off;',
            '        proxy_read_timeout 10s;',
            ...(target === '$' ? identityLines(url, caBundle, variables) : []),
            ...headerLines(sent, 'proxy'),
          ]),
      '    }',
      ...(signin === undefined
        ? []
        : [
            `    location @${id}signin {`,
            `        add_header Set-Cookie $${id}_cookie always;`,
            '        add_header Cache-Control no-store always;',
            `        return 302 ${quoted(signinPlace(signin, variables))};`,
            '    }',
          ]),
    ],
  };
};

/** More than chains have: the server's certificate, and two above it. */
const LONGEST_CHAIN = 5;

/** Whoever answers in the place of the server would decide who passes, and be told what clients send. */
const identityLines = (url: string, caBundle: string | undefined, variables: NginxVariables): readonly string[] =>
  url.startsWith('https:')
    ? [
        '        proxy_ssl_server_name on;',
        `        proxy_ssl_name ${quoted(variables.literal(bytesOf(new URL(url).hostname)))};`,
        '        proxy_ssl_verify on;',
        `        proxy_ssl_verify_depth ${LONGEST_CHAIN};`,
        ...(caBundle === undefined ? [] : [`        proxy_ssl_trusted_certificate ${quoted(bytesOf(caBundle))};`]),
        '        proxy_ssl_protocols TLSv1.2 TLSv1.3;',
      ]
    : [];

/** Where the server is: a group of ours; `$`: as the URL says, by DNS; undefined: nobody answers, or nobody could tell who does. */
const targetOf = ({ backend, url }: AuthRequest, { backends, caBundle }: Pick<RouteTable, 'backends' | 'caBundle'>): string | undefined => {
  if (backend === undefined) return url.startsWith('https:') && caBundle === undefined ? undefined : '$';
  const known = backends.get(backend);
  if (known === undefined || known.endpoints.length === 0 || known.protocol === 'h2c') return undefined;
  return `${known.protocol}://${known.name}`;
};

/** The way to the sign-in page; `rd=` is added where it is not there. */
const signinPlace = (signin: string, variables: NginxVariables): string => {
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of nginx
  const fields: Readonly<Record<string, () => string>> = {
    host: () => '${http_host}',
    http_host: () => '${http_host}',
    scheme: () => '${scheme}',
    pass_access_scheme: () => '${scheme}',
    request_uri: () => '${request_uri}',
    escaped_request_uri: () => escapedUri(variables),
  };
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables of nginx
  const text = bytesOf(signin);
  const place: string[] = [];
  let [plain, end] = ['', 0];
  for (const found of text.matchAll(/\$\{?([A-Za-z_]+)\}?/g)) {
    const name = found[1] ?? '';
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    plain += text.slice(end, found.index) + (field === undefined ? found[0] : '');
    end = found.index + found[0].length;
    if (field === undefined) continue;
    place.push(variables.literal(plain), field());
    plain = '';
  }
  place.push(variables.literal(plain + text.slice(end)));
  if (!/[?&]rd=/.test(text)) place.push(`${text.includes('?') ? '&' : '?'}rd=$scheme://$http_host${escapedUri(variables)}`);
  return variables.joined(place);
};
