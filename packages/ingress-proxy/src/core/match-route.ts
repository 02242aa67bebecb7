import { hostRank } from './host-name.js';
import { isRequestHost, requestPath } from './request-path.js';
import type { Listener, ListenerRule, Route, RouteTable } from './route-table.js';

/** Where a request goes: a backend, nowhere (404), or it is refused (400). */
export type Match =
  /** `isDefault`: no rule fits, and the route is that of a default. */
  | { readonly type: 'backend'; readonly backend: string; readonly route: Route; readonly isDefault: boolean }
  | { readonly type: 'notFound' | 'refused' };

/** What the table says to a request; the model that proxies are tested against. `host` is the Host header. */
export const matchRoute = (table: RouteTable, host: string, path: string): Match => {
  const compared = requestPath(path);
  if (compared === undefined || !isRequestHost(host)) return { type: 'refused' };
  const name = (host.split(':')[0] ?? '').toLowerCase().replace(/\.$/, '');
  const route = table.routes.find((each) => fitsHost(each, name) && fitsPath(each, compared));
  if (route !== undefined) return { type: 'backend', backend: route.backend, route, isDefault: false };
  const fallback = table.fallbacks.get(name) ?? table.fallbacks.get(wildcardOf(name)) ?? table.fallbacks.get('');
  return fallback === undefined ? { type: 'notFound' } : { type: 'backend', backend: fallback.backend, route: fallback, isDefault: true };
};

/** What rules of Gateways compare. */
export interface ComparedRequest {
  readonly port: number;
  /** The Host header. */
  readonly host: string;
  /** With a query. */
  readonly path: string;
  readonly method: string;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The rule of a Gateway that a request fits, undefined for none; the model that proxies are tested against. */
export const matchListener = (table: RouteTable, request: ComparedRequest): ListenerRule | undefined => rulesThatFit(table, request)[0];

/**
 * The same at a port that Ingresses have, too: a host that is written out goes before wildcards, these before any host, whoever has them; of one kind the
 * rules of Gateways go first.
 */
export const matchShared = (
  table: RouteTable,
  request: ComparedRequest,
): Match | { readonly type: 'rule'; readonly rule: ListenerRule } => {
  const [path = ''] = request.path.split('?');
  const ofIngress = matchRoute(table, request.host, path);
  const [rule] = rulesThatFit(table, request);
  if (ofIngress.type === 'refused' || rule === undefined) return ofIngress;
  // Defaults come last, whatever host they are for.
  const route = ofIngress.type === 'backend' && !ofIngress.isDefault ? ofIngress.route : undefined;
  return route !== undefined && hostRank(route.host) < hostRank(rule.host) ? ofIngress : { type: 'rule', rule };
};

const rulesThatFit = (table: RouteTable, request: ComparedRequest): readonly ListenerRule[] => {
  const [path = '', query = ''] = request.path.split(/\?(.*)/s);
  const compared = requestPath(path);
  if (compared === undefined || !isRequestHost(request.host)) return [];
  const name = (request.host.split(':')[0] ?? '').toLowerCase().replace(/\.$/, '');
  const parameters = new URLSearchParams(query);
  const listener = table.listeners.find(({ port, host }) => port === request.port && coversHost(host, name));
  return (
    listener?.rules.filter(
      (rule) =>
        coversHost(rule.host, name) &&
        fitsPath(rule, compared) &&
        (rule.method === undefined || rule.method === request.method) &&
        rule.headers.every((each) => request.headers[each.name] === each.value) &&
        rule.query.every((each) => parameters.get(each.name) === each.value),
    ) ?? []
  );
};

/** Whether a host is one of those of a Gateway or its route: a wildcard is for one label or more. */
export const coversHost = (pattern: string, name: string): boolean =>
  pattern === '' || pattern === name || (pattern.startsWith('*.') && name.endsWith(pattern.slice(1)));

/** The same table without the listeners of some ports, and without Ingresses at those. */
export const withoutPorts = (
  table: RouteTable,
  ports: ReadonlySet<number>,
  { httpPort, httpsPort }: { readonly httpPort: number; readonly httpsPort: number },
): RouteTable => {
  const listeners = table.listeners.filter(({ port }: Listener) => !ports.has(port));
  const listens = { http: table.listens.http && !ports.has(httpPort), https: table.listens.https && !ports.has(httpsPort) };
  return { ...table, listeners, listens, ...(ports.has(httpPort) && { challenges: new Map() }) };
};

/** `a.b.c` to `*.b.c`. */
export const wildcardOf = (host: string): string => host.replace(/^[^.]+/, '*');

const fitsHost = ({ host }: Route, name: string): boolean => host === '' || host === name || host === wildcardOf(name);

const fitsPath = ({ path, pathType }: Pick<Route, 'path' | 'pathType'>, compared: string): boolean =>
  pathType === 'Exact' ? path === compared : `${compared}/`.startsWith(prefixKey(path));

/** A prefix counts by whole elements: what it is compared as ends in a slash. */
export const prefixKey = (path: string): string => (path.endsWith('/') ? path : `${path}/`);
