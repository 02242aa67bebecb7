import type { Ingress, IngressBackend, IngressClass } from '@solo-kubelet/object-spec';
import { type AcmeState, asksForCertificate, createWantedCertificates, type WantedCertificates } from './acme/wanted-certificates.js';
import { withAuthServers } from './auth-servers.js';
import { computeGateways, type GatewayObjects, type GatewaysInput, type GatewaysResult } from './gateway/compute-gateways.js';
import { hostRank, isHost, isPreciseHost } from './host-name.js';
import { type IngressSettings, ingressSettings } from './ingress-annotations.js';
import { isOwnIngress } from './ingress-class.js';
import { prefixKey } from './match-route.js';
import { hasRoomForPath } from './nginx/nginx-limits.js';
import { MOST_LOCATIONS, withoutRoom } from './nginx/nginx-room.js';
import { comparedPath } from './request-path.js';
import type { Backend, Certificate, ProxyName, Route, RouteProblem, RouteTable } from './route-table.js';
import { type SecretsInput, secretPair } from './secret-pair.js';
import { type KnownServices, serviceBackend } from './service-backend.js';

export interface RouteTableInput extends KnownServices, SecretsInput {
  /** In the order in which they were accepted: the first keeps a path that two ask for. */
  readonly ingresses: readonly Ingress[];
  readonly classes: readonly IngressClass[];
  /** Default none. */
  readonly gateways?: GatewayObjects;
  /** Where certificates are got by ACME; undefined: nowhere. */
  readonly acme?: AcmeState;
  /** What will carry requests: what it can't do is told, and left out. Default haproxy. */
  readonly proxy?: ProxyName;
  /** File with the certificates that vouch for servers of others (`findCaBundle`). Undefined: an `auth-url` of https that is none of ours lets nobody pass, and it is told. */
  readonly caBundle?: string;
}

export interface RouteTableResult {
  readonly table: RouteTable;
  /** `namespace/name` of every Ingress that is ours. */
  readonly ingresses: readonly string[];
  readonly problems: readonly RouteProblem[];
  /** Certificates that are to be got by ACME and renewed: the hosts of each in order, with commas. */
  readonly wantedCertificates: ReadonlySet<string>;
  /** What is said of the objects of Gateway API that are ours. */
  readonly gateways: Pick<GatewaysResult, 'classes' | 'gateways' | 'routes'>;
}

/** What Ingresses and Gateways come to: routes, servers, certificates, and what is wrong with them. What is wrong with one leaves the others as they are. */
export const computeRouteTable = (input: RouteTableInput): RouteTableResult => {
  const own = input.ingresses.filter((ingress) => isOwnIngress(ingress, input.classes));
  const problems: RouteProblem[] = [];
  const backends = new Map<string, Backend>();
  const routes = new Map<string, Route>();
  const fallbacks = new Map<string, Route>();
  const certificates: Certificate[] = [];
  const wanted = createWantedCertificates(input.acme);
  for (const ingress of own) {
    const key = keyOf(ingress);
    const tell = (reason: string, message: string): void => void problems.push({ ingress: key, reason, message });
    const settings = ingressSettings(ingress);
    for (const message of settings.problems) tell('IngressAnnotation', message);
    const lead = (backend: IngressBackend): string | undefined => backendName(ingress, backend, { input, settings, backends, tell });
    for (const route of routesOf(ingress, settings, lead, tell)) {
      if (input.proxy === 'nginx' && !hasRoomForPath(route.path)) {
        tell('IngressPath', `path ${route.path.slice(0, 40)}… is too long for nginx`);
        continue;
      }
      const id = `${route.pathType} ${route.host} ${route.pathType === 'Exact' ? route.path : prefixKey(route.path)}`;
      const before = routes.get(id);
      if (before === undefined) routes.set(id, route);
      else if (before.ingress !== key) tell('IngressConflict', `${route.host || '*'}${route.path} is of Ingress ${before.ingress} already`);
    }
    addFallbacks(ingress, settings, { lead, fallbacks, tell });
    certificates.push(...certificatesOf(ingress, input, wanted, tell));
  }
  const sorted = [...routes.values()].sort(byPriority);
  const tableOf = (routesOfAll: readonly Route[], { listeners, backends: ofRoutes }: GatewaysResult): RouteTable => ({
    backends: new Map([...backends, ...ofRoutes]),
    routes: routesOfAll,
    fallbacks,
    certificates: uniqueHosts(certificates),
    listens: { http: own.length > 0, https: certificates.length > 0 },
    listeners,
    challenges: input.acme?.challenges ?? new Map(),
    ...(input.caBundle !== undefined && { caBundle: input.caBundle }),
  });
  const { table, gateways, leftOut } = withRoom(sorted, { input, wanted, tableOf });
  problems.push(...leftOut);
  const guarded = withAuthServers(table, input);
  return {
    table: guarded.table,
    ingresses: own.map(keyOf),
    problems: [...problems, ...guarded.problems],
    wantedCertificates: wanted.keys,
    gateways,
  };
};

/** Each may give others more places, whose hosts then have no path of their own for everything. */
const MOST_PASSES = 10;

/** The table without what the proxy has no room for. */
const withRoom = (
  routes: readonly Route[],
  {
    input,
    wanted,
    tableOf,
  }: {
    readonly input: RouteTableInput;
    readonly wanted: WantedCertificates;
    tableOf(routes: readonly Route[], gateways: GatewaysResult): RouteTable;
  },
): { readonly table: RouteTable; readonly gateways: GatewaysResult; readonly leftOut: readonly RouteProblem[] } => {
  const ports = input.gateways?.ingressPorts ?? DEFAULT_PORTS;
  const leftOut: RouteProblem[] = [];
  const routesLeftOut = new Map<string, string>();
  let left = routes;
  let gateways = gatewaysOf(input, wanted);
  let table = tableOf(left, gateways);
  for (let pass = 0; input.proxy === 'nginx' && pass < MOST_PASSES; pass += 1) {
    const without = withoutRoom(table, ports);
    if (without.ingresses.size + without.routes.size === 0) break;
    for (const [ingress, places] of without.ingresses) leftOut.push({ ingress, reason: 'IngressTooLarge', message: tooLarge(places) });
    left = left.filter(({ ingress }) => !without.ingresses.has(ingress));
    for (const [key, places] of without.routes) routesLeftOut.set(key, tooLarge(places));
    if (without.routes.size > 0) gateways = gatewaysOf({ ...input, leftOut: routesLeftOut }, wanted);
    table = tableOf(left, gateways);
  }
  return { table, gateways, leftOut };
};

const DEFAULT_PORTS = { httpPort: 80, httpsPort: 443 };

const tooLarge = (places: number): string =>
  `its hosts and paths come to ${places} places of one port, and all of the node's to more than ${MOST_LOCATIONS}, which is too much for nginx; it is left out`;

const NO_GATEWAYS: GatewaysResult = { listeners: [], backends: new Map(), classes: [], gateways: [], routes: [] };

const gatewaysOf = (
  { gateways, services, slices, secrets, checkCertificate, acme, proxy, leftOut }: RouteTableInput & Pick<GatewaysInput, 'leftOut'>,
  wanted: WantedCertificates,
): GatewaysResult =>
  gateways === undefined
    ? NO_GATEWAYS
    : computeGateways({
        ...gateways,
        services,
        slices,
        secrets,
        checkCertificate,
        wanted,
        ...(acme !== undefined && { acme }),
        ...(proxy !== undefined && { proxy }),
        ...(leftOut !== undefined && { leftOut }),
      });

type Tell = (reason: string, message: string) => void;

const keyOf = ({ metadata }: Ingress): string => `${metadata.namespace ?? 'default'}/${metadata.name}`;

const routesOf = (
  ingress: Ingress,
  settings: IngressSettings,
  lead: (backend: IngressBackend) => string | undefined,
  tell: Tell,
): readonly Route[] =>
  (ingress.spec?.rules ?? []).flatMap((rule) => {
    const host = (rule.host ?? '').toLowerCase();
    if (host !== '' && !isHost(host)) {
      tell('IngressHost', `host ${JSON.stringify(rule.host)} is no name of a host`);
      return [];
    }
    return (rule.http?.paths ?? []).flatMap((each): readonly Route[] => {
      const path = comparedPath(each.path || '/');
      const backend = lead(each.backend);
      if (path === undefined) tell('IngressPath', `path ${JSON.stringify(each.path)} can be no path of a request`);
      if (path === undefined || backend === undefined) return [];
      return [
        {
          host,
          path,
          // ImplementationSpecific is the implementation's to define: a prefix here.
          pathType: each.pathType === 'Exact' ? 'Exact' : 'Prefix',
          backend,
          ...ofEveryRoute(ingress, settings),
        },
      ];
    });
  });

/** What all that an Ingress leads to has of it, its default, too: or that would be open where the rest is guarded. */
const ofEveryRoute = (ingress: Ingress, { auth, httpsOnly }: IngressSettings): Pick<Route, 'ingress' | 'auth' | 'httpsOnly'> => ({
  ingress: keyOf(ingress),
  ...(auth === undefined ? {} : { auth }),
  ...(httpsOnly ? { httpsOnly: true } : {}),
});

const backendName = (
  ingress: Ingress,
  backend: IngressBackend,
  {
    input,
    settings,
    backends,
    tell,
  }: { readonly input: RouteTableInput; readonly settings: IngressSettings; readonly backends: Map<string, Backend>; readonly tell: Tell },
): string | undefined => {
  if (backend.service === undefined) {
    tell('IngressBackend', 'a backend that is no Service is not supported');
    return undefined;
  }
  const found = serviceBackend(ingress.metadata.namespace ?? 'default', backend.service, { ...input, protocol: settings.protocol });
  if (found.problem !== undefined) tell('IngressBackend', found.problem);
  if (!('backend' in found)) return undefined;
  // One port may be spoken to in two ways by two Ingresses.
  const name = settings.protocol === undefined ? found.backend.name : `${found.backend.name}_${settings.protocol}`;
  backends.set(name, { ...found.backend, name });
  return name;
};

/** Where requests for its hosts go that none of the routes fits; without rules, or with rules for any host, all others too. */
const addFallbacks = (
  ingress: Ingress,
  settings: IngressSettings,
  {
    lead,
    fallbacks,
    tell,
  }: {
    readonly lead: (backend: IngressBackend) => string | undefined;
    readonly fallbacks: Map<string, Route>;
    readonly tell: Tell;
  },
): void => {
  const { defaultBackend, rules = [] } = ingress.spec ?? {};
  const backend = defaultBackend === undefined ? undefined : lead(defaultBackend);
  if (backend === undefined) return;
  const hosts = new Set(rules.length === 0 ? [''] : rules.map(({ host = '' }) => host.toLowerCase()));
  for (const host of [...hosts].filter((each) => each === '' || isHost(each))) {
    const before = fallbacks.get(host);
    if (before === undefined) fallbacks.set(host, { host, path: '/', pathType: 'Prefix', backend, ...ofEveryRoute(ingress, settings) });
    else tell('IngressConflict', `the default of ${host || '*'} is of Ingress ${before.ingress} already`);
  }
};

const certificatesOf = (ingress: Ingress, input: RouteTableInput, wanted: WantedCertificates, tell: Tell): readonly Certificate[] =>
  (ingress.spec?.tls ?? []).flatMap(({ hosts = [], secretName = '' }): readonly Certificate[] => {
    const named = hosts.length > 0 ? hosts : (ingress.spec?.rules ?? []).flatMap(({ host }) => host ?? []);
    const usable = named.map((host) => host.toLowerCase()).filter(isHost);
    const pem = secretName === '' ? undefined : secretPair(ingress.metadata.namespace ?? 'default', secretName, input);
    if (typeof pem === 'object') return [{ hosts: usable, pem }];
    const asks = asksForCertificate(ingress.metadata.annotations, input.acme);
    if (asks === true) return issuedFor(usable, wanted, tell);
    const problem = [pem, asks || undefined].filter((each) => each !== undefined).join('; ');
    if (problem !== '') tell('IngressCertificate', `${problem}; ${STANDS_IN}`);
    return [{ hosts: usable }];
  });

const STANDS_IN = "a certificate of the node's own stands in";

/** What an ACME server has issued, or is to issue. */
const issuedFor = (hosts: readonly string[], wanted: WantedCertificates, tell: Tell): readonly Certificate[] => {
  const { pem, problem } = wanted.ask(hosts);
  const precise = hosts.filter(isPreciseHost);
  if (problem !== undefined)
    tell('IngressCertificate', `${problem}; ${pem === undefined || precise.length < hosts.length ? STANDS_IN : 'the one of before stays'}`);
  if (pem === undefined) return [{ hosts }];
  const others = hosts.filter((host) => !isPreciseHost(host));
  return [{ hosts: precise, pem }, ...(others.length > 0 ? [{ hosts: others }] : [])];
};

/** A name has the certificate that came first for it; one from a Secret goes before one of the node's own. */
const uniqueHosts = (certificates: readonly Certificate[]): readonly Certificate[] => {
  const taken = new Set<string>();
  return [...certificates.filter(({ pem }) => pem !== undefined), ...certificates.filter(({ pem }) => pem === undefined)].flatMap(
    (each) => {
      const hosts = each.hosts.filter((host) => !taken.has(host));
      for (const host of hosts) taken.add(host);
      return hosts.length === 0 && each.hosts.length > 0 ? [] : [{ ...each, hosts }];
    },
  );
};

const byPriority = (a: Route, b: Route): number =>
  hostRank(a.host) - hostRank(b.host) ||
  prefixKey(b.path).length - prefixKey(a.path).length ||
  (a.pathType === b.pathType ? 0 : a.pathType === 'Exact' ? -1 : 1);
