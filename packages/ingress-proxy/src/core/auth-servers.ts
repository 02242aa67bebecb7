import { isIpAddress } from './host-name.js';
import { NOBODY } from './ingress-annotations.js';
import { matchRoute } from './match-route.js';
import { isLongForH2 } from './nginx/nginx-limits.js';
import type { IngressPorts } from './open-ports.js';
import {
  type AuthRequest,
  allRoutes,
  type Backend,
  type ProxyName,
  type Route,
  type RouteProblem,
  type RouteTable,
} from './route-table.js';
import { type KnownServices, serviceBackend } from './service-backend.js';

export interface AuthServersInput extends KnownServices {
  readonly gateways?: { readonly ingressPorts: IngressPorts };
  readonly proxy?: ProxyName;
}

/** Where the servers are that are asked for leave. One that can't be asked, or not be told from another, lets nobody pass, and the Ingresses hear so. */
export const withAuthServers = (
  table: RouteTable,
  input: AuthServersInput,
): { readonly table: RouteTable; readonly problems: readonly RouteProblem[] } => {
  const backends = new Map(table.backends);
  const problems = new Map<string, RouteProblem>();
  const locatedIn = (route: Route): Route => {
    if (route.auth === undefined) return route;
    const auth = located(route.auth, table, { ...input, backends });
    const fault = faultOf(auth, { backends, caBundle: table.caBundle, proxy: input.proxy });
    if (fault === undefined) return { ...route, auth };
    const message = `annotation auth-url: ${JSON.stringify(auth.url)} ${fault}; every request is refused`;
    problems.set(`${route.ingress} ${message}`, { ingress: route.ingress, reason: 'IngressAnnotation', message });
    const { backend: _, ...rest } = auth;
    return { ...route, auth: { ...rest, url: NOBODY } };
  };
  const routes = table.routes.map(locatedIn);
  const fallbacks = new Map([...table.fallbacks].map(([host, route]) => [host, locatedIn(route)]));
  const guarded = { ...table, routes, fallbacks, backends };
  return { table: guarded, problems: [...problems.values(), ...(input.proxy === 'nginx' ? unpassable(guarded) : [])] };
};

/** Servers that are one of ours are reached without DNS: a Service by its name in the cluster, or a host of the table. */
const located = (
  auth: AuthRequest,
  table: RouteTable,
  { backends, gateways, ...known }: AuthServersInput & { readonly backends: Map<string, Backend> },
): AuthRequest => {
  const { hostname, pathname, protocol, port } = new URL(auth.url);
  const [name = '', namespace = '', svc] = hostname.split('.');
  if (svc === 'svc') {
    const asked = { name, port: { number: Number(port || (protocol === 'https:' ? 443 : 80)) } };
    const found = serviceBackend(namespace, asked, { ...known, protocol: undefined });
    if ('backend' in found) {
      backends.set(found.backend.name, found.backend);
      return { ...auth, backend: found.backend.name };
    }
  }
  const { httpPort, httpsPort } = gateways?.ingressPorts ?? { httpPort: 80, httpsPort: 443 };
  // At another port another server answers, or nobody, as is meant where a URL is none.
  if (port !== '' && ![httpPort, httpsPort].includes(Number(port))) return auth;
  const match = matchRoute(table, hostname, pathname);
  // A route for any host is no sign that this one is ours.
  return match.type === 'backend' && match.route.host !== '' ? { ...auth, backend: match.backend } : auth;
};

/** Servers of HTTP/2 are given short names of headers alone by nginx. */
const unpassable = (table: RouteTable): readonly RouteProblem[] => {
  const found = allRoutes(table).flatMap(({ ingress, backend, auth }) => {
    const long = table.backends.get(backend)?.protocol === 'h2c' ? auth?.responseHeaders.find(isLongForH2) : undefined;
    return long === undefined ? [] : [[ingress, long] as const];
  });
  return [...new Map(found)].map(([ingress, name]) => ({
    ingress,
    reason: 'IngressAnnotation',
    message: `annotation auth-response-headers: nginx can't give ${name}, which is that long, to a server of HTTP/2; every request to it is refused`,
  }));
};

/** Why a server can't be asked. */
const faultOf = (
  { backend, url }: AuthRequest,
  { backends, caBundle, proxy }: Pick<RouteTable, 'backends' | 'caBundle'> & { readonly proxy: ProxyName | undefined },
): string | undefined => {
  if (backend !== undefined)
    return proxy === 'nginx' && backends.get(backend)?.protocol === 'h2c' ? "is a server of HTTP/2, which nginx can't ask" : undefined;
  const { hostname, protocol } = new URL(url);
  if (protocol !== 'https:') return undefined;
  if (isIpAddress(hostname)) return 'has an address where the name is to be that the proxy looks for in the certificate';
  return caBundle === undefined
    ? 'is of https, and this machine has no bundle of certificates that vouch for servers (package ca-certificates)'
    : undefined;
};
