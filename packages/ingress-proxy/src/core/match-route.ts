import { isRequestHost, requestPath } from './request-path.js';
import type { Route, RouteTable } from './route-table.js';

/** Where a request goes: a backend, nowhere (404), or it is refused (400). */
export type Match =
  | { readonly type: 'backend'; readonly backend: string; readonly route?: Route }
  | { readonly type: 'notFound' | 'refused' };

/** What the table says to a request; the model that proxies are tested against. `host` is the Host header. */
export const matchRoute = (table: RouteTable, host: string, path: string): Match => {
  const compared = requestPath(path);
  if (compared === undefined || !isRequestHost(host)) return { type: 'refused' };
  const name = (host.split(':')[0] ?? '').toLowerCase().replace(/\.$/, '');
  const route = table.routes.find((each) => fitsHost(each, name) && fitsPath(each, compared));
  if (route !== undefined) return { type: 'backend', backend: route.backend, route };
  const backend = table.fallbacks.get(name) ?? table.fallbacks.get(wildcardOf(name)) ?? table.fallbacks.get('');
  return backend === undefined ? { type: 'notFound' } : { type: 'backend', backend };
};

/** `a.b.c` to `*.b.c`. */
export const wildcardOf = (host: string): string => host.replace(/^[^.]+/, '*');

const fitsHost = ({ host }: Route, name: string): boolean => host === '' || host === name || host === wildcardOf(name);

const fitsPath = ({ path, pathType }: Route, compared: string): boolean =>
  pathType === 'Exact' ? path === compared : `${compared}/`.startsWith(prefixKey(path));

/** A prefix counts by whole elements: what it is compared as ends in a slash. */
export const prefixKey = (path: string): string => (path.endsWith('/') ? path : `${path}/`);
