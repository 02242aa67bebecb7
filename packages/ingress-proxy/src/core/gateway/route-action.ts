import type {
  HTTPBackendRef,
  HTTPHeaderFilter,
  HTTPPathModifier,
  HTTPRouteFilter,
  HTTPRouteMatch,
  HTTPRouteRule,
  HTTPRouteTimeouts,
} from '@solo-kubelet/object-spec';
import { isPreciseHost } from '../host-name.js';
import { comparedPath } from '../request-path.js';
import type { HeaderChanges, ListenerRule, Mirror, PathChange, RouteAction, WeightedBackend } from '../route-table.js';

/** A rule of an HTTPRoute without its backends, or what in it is not supported. */
export type RuleReading =
  | {
      readonly matches: readonly Omit<ListenerRule, 'host' | 'action'>[];
      readonly action: Omit<RouteAction, 'backends'>;
      /** Where copies of its requests go. */
      readonly mirrors: readonly AskedMirror[];
      /** What is changed where a request goes to one of its backendRefs, in their order. */
      readonly ofBackends: readonly Pick<WeightedBackend, 'requestHeaders' | 'responseHeaders'>[];
    }
  | { readonly unsupported: string };

/** What a rule compares and changes. One that asks for what is not supported is none: half of it would be something else. */
export const readRule = (rule: HTTPRouteRule): RuleReading => {
  const unsupported: string[] = [];
  const tell = (text: string): undefined => void unsupported.push(text);
  const matches = (rule.matches ?? []).flatMap((match) => readMatch(match, tell) ?? []);
  const [first] = matches;
  const timeoutMs = readTimeout(rule.timeouts, tell);
  let action: Omit<RouteAction, 'backends'> = {
    requestHeaders: NO_CHANGES,
    responseHeaders: NO_CHANGES,
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
  const mirrors: AskedMirror[] = [];
  for (const { type, requestHeaderModifier, responseHeaderModifier, requestRedirect, urlRewrite, requestMirror } of rule.filters ?? []) {
    if (requestHeaderModifier !== undefined) action = { ...action, requestHeaders: readHeaders(requestHeaderModifier, tell) };
    else if (responseHeaderModifier !== undefined) action = { ...action, responseHeaders: readHeaders(responseHeaderModifier, tell) };
    else if (requestRedirect !== undefined) {
      const { scheme, hostname, port, statusCode = 302 } = requestRedirect;
      if (hostname !== undefined && !isPreciseHost(hostname)) tell(`hostname ${JSON.stringify(hostname)} is no name of a host`);
      if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') tell(`scheme ${JSON.stringify(scheme)} is not supported`);
      if (!STATUSES.has(statusCode)) tell(`statusCode ${statusCode} is not supported`);
      if (port !== undefined && !Number.isInteger(port)) tell(`port ${port} is no port`);
      const path = readPath(requestRedirect.path, first?.path, tell);
      action = {
        ...action,
        redirect: {
          status: statusCode,
          ...(scheme !== undefined && { scheme }),
          ...(hostname !== undefined && { host: hostname }),
          ...(port !== undefined && { port }),
          ...(path !== undefined && { path }),
        },
      };
    } else if (urlRewrite !== undefined) {
      const { hostname } = urlRewrite;
      if (hostname !== undefined && !isPreciseHost(hostname)) tell(`hostname ${JSON.stringify(hostname)} is no name of a host`);
      const path = readPath(urlRewrite.path, first?.path, tell);
      action = { ...action, rewrite: { ...(hostname !== undefined && { host: hostname }), ...(path !== undefined && { path }) } };
    } else if (requestMirror !== undefined) mirrors.push(...readMirror(requestMirror, tell));
    else tell(`filter ${type} is not supported`);
  }
  const ofBackends = (rule.backendRefs ?? []).map(({ filters = [] }) => readBackendFilters(filters, tell));
  return unsupported.length > 0 ? { unsupported: [...new Set(unsupported)].join('; ') } : { matches, action, ofBackends, mirrors };
};

const readBackendFilters = (
  filters: readonly HTTPRouteFilter[],
  tell: Tell,
): Pick<WeightedBackend, 'requestHeaders' | 'responseHeaders'> => {
  let changes: Pick<WeightedBackend, 'requestHeaders' | 'responseHeaders'> = {};
  for (const { type, requestHeaderModifier, responseHeaderModifier } of filters) {
    if (requestHeaderModifier !== undefined) changes = { ...changes, requestHeaders: readHeaders(requestHeaderModifier, tell) };
    else if (responseHeaderModifier !== undefined) changes = { ...changes, responseHeaders: readHeaders(responseHeaderModifier, tell) };
    else tell(`filter ${type} of a backendRef is not supported`);
  }
  return changes;
};

/** A mirror whose backend is not looked up yet. */
export interface AskedMirror extends Omit<Mirror, 'name'> {
  readonly reference: HTTPBackendRef;
}

const MOST_PERCENT = 100;
const MOST_DENOMINATOR = 1_000_000;

const readMirror = ({ backendRef, percent, fraction }: Readonly<Record<string, unknown>>, tell: Tell): readonly AskedMirror[] => {
  const reference = (backendRef ?? {}) as Readonly<Record<string, unknown>>;
  const texts = ['group', 'kind', 'name', 'namespace'].map((field) => reference[field]);
  if (typeof reference['name'] !== 'string' || texts.some((text) => text !== undefined && typeof text !== 'string'))
    return tell('a RequestMirror has no backendRef') ?? [];
  if (percent !== undefined && fraction !== undefined) return tell('a RequestMirror has percent and fraction') ?? [];
  const { numerator, denominator = MOST_PERCENT } = (fraction ?? { numerator: percent ?? MOST_PERCENT }) as Readonly<
    Record<string, unknown>
  >;
  if (!isWhole(numerator) || !isWhole(denominator) || denominator < 1 || denominator > MOST_DENOMINATOR || numerator > denominator)
    return tell('the share of a RequestMirror is none') ?? [];
  return numerator === 0 ? [] : [{ reference: reference as unknown as HTTPBackendRef, numerator, denominator }];
};

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
/** Timers of proxies have 31 bits. */
const LONGEST_TIMEOUT_MS = 20 * 86_400_000;

/** The shorter one of both; one of 0 is none (GEP-1742, GEP-2257). */
const readTimeout = ({ request, backendRequest }: HTTPRouteTimeouts = {}, tell: Tell): number | undefined => {
  const given = [request, backendRequest].flatMap((text) => {
    if (text === undefined) return [];
    const ms = durationMs(text);
    if (ms === undefined) return tell(`timeout ${JSON.stringify(text)} is no duration`) ?? [];
    return ms === 0 ? [] : Math.min(ms, LONGEST_TIMEOUT_MS);
  });
  return given.length === 0 ? undefined : Math.min(...given);
};

/** Numbers with units, one after the other. */
const durationMs = (text: string): number | undefined => {
  let sum = 0;
  let at = 0;
  while (at < text.length) {
    const start = at;
    while (at < text.length && isDigit(text[at])) at += 1;
    const unit = text.startsWith('ms', at) ? 'ms' : (text[at] ?? '');
    const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
    if (at === start || factor === undefined) return undefined;
    sum += Number(text.slice(start, at)) * factor;
    at += unit.length;
  }
  return text === '' ? undefined : sum;
};

const isDigit = (character = ''): boolean => character >= '0' && character <= '9';

const STATUSES = new Set([301, 302, 303, 307, 308]);
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']);

const NO_CHANGES: HeaderChanges = { set: [], add: [], remove: [] };

type Tell = (text: string) => undefined;

/** What may stand in the configuration of a proxy as a name. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,255}$/;
const VALUE = /^[\x20-\x7e]{1,4096}$/;
/** What says where a message ends and what becomes of its connection is not for routes to change. */
const FRAMING = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'proxy-connection',
]);

const readMatch = (match: HTTPRouteMatch, tell: Tell): Omit<ListenerRule, 'host' | 'action'> | undefined => {
  const { path: { type = 'PathPrefix', value = '/' } = {}, headers = [], queryParams = [], method } = match;
  if (type === 'RegularExpression') return tell('a path by RegularExpression is not supported');
  if (method !== undefined && !METHODS.has(method)) return tell(`method ${JSON.stringify(method)} is not supported`);
  const path = comparedPath(value);
  if (path === undefined) return tell(`path ${JSON.stringify(value)} can be no path of a request`);
  for (const [what, values] of Object.entries({ header: headers, 'query parameter': queryParams })) {
    if (values.some((each) => each.type === 'RegularExpression')) return tell(`a ${what} by RegularExpression is not supported`);
    const odd = values.find(({ name }) => !NAME.test(name));
    if (odd !== undefined) return tell(`${what} name ${JSON.stringify(odd.name)} is not supported`);
  }
  return {
    path,
    pathType: type === 'Exact' ? 'Exact' : 'Prefix',
    ...(method !== undefined && { method }),
    headers: firstOfEach(headers.map(({ name, value: text }) => ({ name: name.toLowerCase(), value: text }))),
    query: firstOfEach(queryParams.map(({ name, value: text }) => ({ name, value: text }))),
  };
};

/** Of several with one name the first counts. */
const firstOfEach = <T extends { readonly name: string }>(values: readonly T[]): readonly T[] =>
  values.filter(({ name }, i) => values.findIndex((each) => each.name === name) === i);

const readHeaders = ({ set = [], add = [], remove = [] }: HTTPHeaderFilter, tell: Tell): HeaderChanges => {
  const all = [...set, ...add];
  for (const name of [...all.map((each) => each.name), ...remove]) {
    if (!NAME.test(name)) tell(`header name ${JSON.stringify(name)} is not supported`);
    else if (FRAMING.has(name.toLowerCase())) tell(`header ${name} is not changed by routes`);
  }
  const odd = all.find(({ value }) => !VALUE.test(value.trim()));
  if (odd !== undefined) tell(`the value of header ${odd.name} has characters other than those of ASCII, or too many`);
  const trimmed = (headers: typeof set) => headers.map(({ name, value }) => ({ name, value: value.trim() }));
  return { set: trimmed(set), add: trimmed(add), remove };
};

const readPath = (path: HTTPPathModifier | undefined, matched: string | undefined, tell: Tell): PathChange | undefined => {
  if (path === undefined) return undefined;
  const { type, replaceFullPath, replacePrefixMatch } = path;
  const text = (type === 'ReplaceFullPath' ? replaceFullPath : replacePrefixMatch) ?? '';
  if (!/^(\/[\x21-\x7e]*)?$/.test(text) || /[?#]/.test(text)) return tell(`path ${JSON.stringify(text)} can be no path of a request`);
  if (type === 'ReplaceFullPath') return { text: text || '/' };
  const elements = (matched ?? '/').split('/').filter((each) => each !== '').length;
  let end = text.length;
  while (text[end - 1] === '/') end -= 1;
  return { text: text.slice(0, end), prefix: elements };
};
