import { prefixKey, wildcardOf } from '../match-route.js';
import { type IngressPorts, type OpenPort, portsOf } from '../open-ports.js';
import type { RouteTable } from '../route-table.js';
import { hostClasses } from './host-classes.js';

/** Of one port: more places would take the whole memory of a small machine, and minutes. */
export const MOST_LOCATIONS = 50_000;

/** Who is left out, so that the others have room. */
export interface WithoutRoom {
  /** `namespace/name`, each with the places that it would have at one port. */
  readonly ingresses: ReadonlyMap<string, number>;
  readonly routes: ReadonlyMap<string, number>;
}

/** Those whose hosts and paths are too many places at a port, the largest first: nobody's large one costs another its place. */
export const withoutRoom = (table: RouteTable, ports: IngressPorts): WithoutRoom => {
  const found = { ingresses: new Map<string, number>(), routes: new Map<string, number>() };
  for (const port of portsOf(table, ports)) {
    const classes = hostClasses(table, port, port.tls ? table.certificates.flatMap(({ hosts }) => hosts) : []).map(({ name }) => name);
    const owners = [
      ...[...ingressPlaces(table, port, classes)].map(([key, places]) => ({ key, places, of: found.ingresses })),
      ...[...routePlaces(table, port, classes)].map(([key, places]) => ({ key, places, of: found.routes })),
    ].sort((a, b) => b.places - a.places);
    let sum = owners.reduce((all, { places }) => all + places, classes.length);
    for (const { key, places, of } of owners) {
      if (sum <= MOST_LOCATIONS) break;
      of.set(key, places);
      sum -= places;
    }
  }
  return found;
};

type Places = Map<string, number>;
const add = <K>(counts: Map<K, number>, key: K, more: number): void => void counts.set(key, (counts.get(key) ?? 0) + more);

/** Routes for one host are places of every class of hosts that may come to them. */
const ingressPlaces = ({ routes }: RouteTable, { ofIngresses }: OpenPort, classes: readonly string[]): Places => {
  const places: Places = new Map();
  if (!ofIngresses) return places;
  const ofAll = new Set(routes.filter(({ path, pathType }) => pathType === 'Prefix' && prefixKey(path) === '/').map(({ host }) => host));
  const known = new Set(routes.map(({ host }) => host));
  const times = new Map<string, number>();
  for (const name of classes)
    for (const host of new Set([name, wildcardOf(name), ''])) {
      if (known.has(host)) add(times, host, 1);
      if (ofAll.has(host)) break;
    }
  for (const { ingress, host, pathType } of routes) add(places, ingress, (pathType === 'Exact' ? 1 : 2) * (times.get(host) ?? 0));
  return places;
};

const routePlaces = ({ listeners }: RouteTable, { port }: OpenPort, classes: readonly string[]): Places => {
  const places: Places = new Map();
  const own = listeners.filter((each) => each.port === port);
  const times = new Map(own.map((listener) => [listener, new Map<string, number>()]));
  for (const name of classes) {
    const patterns = patternsOf(name);
    const listener = own.find(({ host }) => patterns.has(host));
    const counts = listener === undefined ? undefined : times.get(listener);
    if (counts !== undefined) for (const pattern of patterns) add(counts, pattern, 1);
  }
  for (const [{ rules }, counts] of times)
    for (const { route = '', host, pathType } of rules) add(places, route, (pathType === 'Exact' ? 1 : 2) * (counts.get(host) ?? 0));
  return places;
};

/** All patterns that cover a host, as `coversHost` has it. */
const patternsOf = (name: string): ReadonlySet<string> => {
  const patterns = new Set([name, '']);
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) patterns.add(`*${name.slice(dot)}`);
  return patterns;
};
