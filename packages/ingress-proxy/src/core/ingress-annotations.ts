import { parseUrl } from '@solo-kubelet/diagnostics/text';
import type { Ingress } from '@solo-kubelet/object-spec';
import type { AuthRequest, Backend } from './route-table.js';

/** What annotations ask for, in the words of nginx' and haproxy's controllers. */
export interface IngressSettings {
  readonly auth?: Omit<AuthRequest, 'backend'>;
  readonly httpsOnly: boolean;
  readonly protocol?: Backend['protocol'];
  /** Annotations whose value can't be used; those of other meaning are named as unknown. */
  readonly problems: readonly string[];
}

const PREFIXES = ['nginx.ingress.kubernetes.io/', 'haproxy-ingress.github.io/', 'ingress.kubernetes.io/', 'haproxy.org/'];
const KNOWN: ReadonlySet<string> = new Set([
  'auth-url',
  'auth-signin',
  'auth-response-headers',
  'auth-headers-succeed',
  'ssl-redirect',
  'force-ssl-redirect',
  'backend-protocol',
  'proxy-read-timeout',
  'proxy-send-timeout',
  'proxy-body-size',
  'proxy-buffering',
  'websocket-services',
]);

export const ingressSettings = ({ metadata }: Ingress): IngressSettings => {
  const values = new Map<string, string>();
  const problems: string[] = [];
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    const prefix = PREFIXES.find((each) => key.startsWith(each));
    if (prefix === undefined) continue;
    const name = key.slice(prefix.length);
    if (KNOWN.has(name)) values.set(name, value);
    else problems.push(`annotation ${key} has no meaning here`);
  }
  const isTrue = (name: string): boolean => values.get(name) === 'true';
  const protocol = PROTOCOLS.get((values.get('backend-protocol') ?? '').toUpperCase());
  if (values.has('backend-protocol') && protocol === undefined) {
    problems.push(`annotation backend-protocol: ${JSON.stringify(values.get('backend-protocol'))} is none of HTTP, HTTPS, GRPC, H2C`);
  }
  const auth = authOf(values, problems);
  return {
    httpsOnly: isTrue('ssl-redirect') || isTrue('force-ssl-redirect'),
    problems,
    ...(auth === undefined ? {} : { auth }),
    ...(protocol === undefined ? {} : { protocol }),
  };
};

const PROTOCOLS: ReadonlyMap<string, Backend['protocol']> = new Map([
  ['HTTP', 'http'],
  ['HTTPS', 'https'],
  ['GRPC', 'h2c'],
  ['H2C', 'h2c'],
  ['H2', 'h2c'],
]);

const authOf = (values: ReadonlyMap<string, string>, problems: string[]): IngressSettings['auth'] => {
  const url = values.get('auth-url');
  if (url === undefined) return undefined;
  const checked = plainUrl(url);
  // Without the server that decides nobody may pass: a typing error must not open what was to be closed.
  if (checked === undefined)
    problems.push(`annotation auth-url: ${JSON.stringify(url)} is no URL of http or https; every request is refused`);
  const signin = values.get('auth-signin');
  const signinUrl = signin === undefined ? undefined : plainSignin(signin);
  if (signin !== undefined && signinUrl === undefined)
    problems.push(`annotation auth-signin: ${JSON.stringify(signin)} is no URL of http or https`);
  const headers = (values.get('auth-response-headers') ?? values.get('auth-headers-succeed') ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && each !== '*');
  for (const header of headers.filter((each) => !TOKEN.test(each)))
    problems.push(`annotation auth-response-headers: ${JSON.stringify(header)} is no name of a header`);
  const named = [...new Map(headers.filter((each) => TOKEN.test(each)).map((each) => [each.toLowerCase(), each])).values()];
  if (named.length > MOST_HEADERS)
    problems.push(`annotation auth-response-headers: ${named.length} names are more than ${MOST_HEADERS}; every request is refused`);
  return {
    url: named.length > MOST_HEADERS ? NOBODY : (checked ?? NOBODY),
    responseHeaders: named.slice(0, MOST_HEADERS),
    ...(signinUrl === undefined ? {} : { signin: signinUrl }),
  };
};

/** Nothing answers there. */
export const NOBODY = 'http://127.0.0.1:1/';
/** Each is a line for every path. */
const MOST_HEADERS = 64;
const TOKEN = /^[A-Za-z0-9-]{1,100}$/;

/** Printable, without what would mean something in a line of a table. */
const PLAIN = /^https?:\/\/[\x21-\x7e]{1,2000}$/;

const plainUrl = (text: string): string | undefined => (PLAIN.test(text) && parseUrl(text) !== undefined ? text : undefined);

/** Its variables stand where a URL may have anything; one in the place of the host is filled in for the check. */
const plainSignin = (text: string): string | undefined => {
  const filled = text.replace(/\$\{?(host|http_host)\}?/g, 'example.com').replace(/\$\{?scheme\}?/g, 'https');
  return /^[\x21-\x7e]{1,2000}$/.test(text) && PLAIN.test(filled) && parseUrl(filled.replace(/\$\w+/g, '')) !== undefined
    ? text
    : undefined;
};
