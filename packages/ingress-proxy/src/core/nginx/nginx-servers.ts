import { hostRank } from '../host-name.js';
import { coversHost, prefixKey, wildcardOf } from '../match-route.js';
import type { OpenPort } from '../open-ports.js';
import type { Listener, ListenerRule, Route, RouteTable } from '../route-table.js';
import { type HostClass, hostClasses } from './host-classes.js';
import { type Led, type NginxActions, nginxActions, UPGRADED } from './nginx-actions.js';
import { type Candidate, firstOf, ruleCondition } from './nginx-conditions.js';
import { MOST_LOCATIONS } from './nginx-room.js';
import { type NginxVariables, quoted } from './nginx-text.js';
import { fitting, indexPaths, type PathIndex } from './path-index.js';

export interface ServersInput {
  readonly table: RouteTable;
  readonly variables: NginxVariables;
  /** Hosts that certificates are for, beside those of routes. */
  certified(port: OpenPort): readonly string[];
  /** Lines of every server of a port: where it listens, and what it refuses. */
  frame(port: OpenPort, host: HostClass): readonly string[];
}

/** A block `server` for each class of hosts of a port. @throws Error where hosts and paths are too many */
export const serverBlocks = (port: OpenPort, { table, variables, certified, frame }: ServersInput): readonly string[] => {
  const actions = nginxActions({ table, port, variables });
  const listeners = table.listeners.filter((each) => each.port === port.port);
  const routesByHost = port.ofIngresses ? groupByHost(table.routes) : new Map<string, Route[]>();
  const indexOfHost = new Map([...routesByHost].map(([host, routes]) => [host, indexPaths(routes)]));
  const conditions = new Map<ListenerRule, string | undefined>();
  const conditionOf = (rule: ListenerRule): string | undefined => {
    if (!conditions.has(rule)) conditions.set(rule, ruleCondition(rule, variables));
    return conditions.get(rule);
  };
  let locations = 0;
  return hostClasses(table, port, certified(port)).flatMap((host) => {
    const own = locationsOf(host.name, { table, port, listeners, indexOfHost, actions, variables, conditionOf });
    locations += own.count;
    // Whoever has too many is left out before; names that a certificate itself says are not known there.
    if (locations > 2 * MOST_LOCATIONS)
      throw new Error(`hosts and paths come to more than ${MOST_LOCATIONS} places, which is too much for nginx; haproxy takes more`);
    return ['server {', ...frame(port, host), ...own.lines, '}', ''];
  });
};

const groupByHost = (routes: readonly Route[]): Map<string, Route[]> => {
  const groups = new Map<string, Route[]>();
  for (const route of routes) {
    const before = groups.get(route.host);
    if (before === undefined) groups.set(route.host, [route]);
    else before.push(route);
  }
  return groups;
};

interface LocationsInput {
  readonly table: RouteTable;
  readonly port: OpenPort;
  readonly listeners: readonly Listener[];
  readonly indexOfHost: ReadonlyMap<string, PathIndex<Route>>;
  readonly actions: NginxActions;
  readonly variables: NginxVariables;
  conditionOf(rule: ListenerRule): string | undefined;
}

const locationsOf = (
  host: string,
  { table, port, listeners, indexOfHost, actions, variables, conditionOf }: LocationsInput,
): { readonly lines: readonly string[]; readonly count: number } => {
  const listener = listeners.find((each) => coversHost(each.host, host));
  const rules = indexPaths((listener?.rules ?? []).filter((rule) => coversHost(rule.host, host)));
  const tiers = tiersOf(host, indexOfHost);
  const fallback = port.ofIngresses
    ? (table.fallbacks.get(host) ?? table.fallbacks.get(wildcardOf(host)) ?? table.fallbacks.get(''))
    : undefined;
  const last = fallback === undefined ? actions.notFound : actions.ofRoute(fallback);
  const blocks = new Map<string, readonly string[]>();
  const take = (led: Led): string => {
    blocks.set(led.value, led.blocks);
    return led.value;
  };
  const candidateOf = (rule: ListenerRule): Candidate => {
    const condition = conditionOf(rule);
    return { value: take(actions.ofRule(rule.action)), ...(condition !== undefined && { condition }) };
  };
  /** What the requests of one path, or all below it, are led to. */
  const leading = (path: string, below: boolean): string => {
    const fit = fitting(rules, path, { below });
    let route: Route | undefined;
    for (const tier of tiers) route ??= bestOf(tier, path, below);
    const rank = route === undefined ? Number.POSITIVE_INFINITY : hostRank(route.host);
    const before = fit.filter((rule) => hostRank(rule.host) <= rank);
    const open = before.findIndex((rule) => conditionOf(rule) === undefined);
    const candidates = (open < 0 ? before : before.slice(0, open + 1)).map(candidateOf);
    const otherwise = open >= 0 ? undefined : route === undefined ? last : actions.ofRoute(route);
    return firstOf(candidates, otherwise === undefined ? '' : take(otherwise), variables);
  };
  const [exact, prefixes] = pathsOf(rules, tiers);
  const lines = [
    ...[...exact].map((path) => ({ place: `= ${quoted(path)}`, to: leading(path, false) })),
    ...[...prefixes].map((path) => ({ place: quoted(path), to: leading(path, true) })),
  ].flatMap(({ place, to }) => [
    `    location ${place} {`,
    `        error_page 418 = ${quoted(`@${to}${UPGRADED}`)};`,
    '        return 418;',
    '    }',
  ]);
  return { lines: [...lines, ...[...blocks.values()].flat()], count: exact.size + prefixes.size };
};

/** Routes of Ingresses for a host, in the order in which its kinds are tried; behind one that takes every path there are none. */
const tiersOf = (host: string, indexOfHost: ReadonlyMap<string, PathIndex<Route>>): readonly PathIndex<Route>[] => {
  const tiers: PathIndex<Route>[] = [];
  for (const each of new Set([host, wildcardOf(host), ''])) {
    const tier = indexOfHost.get(each);
    if (tier === undefined) continue;
    tiers.push(tier);
    if (tier.prefix.has('/')) break;
  }
  return tiers;
};

/** In one kind an exact path goes before the longest prefix. */
const bestOf = (tier: PathIndex<Route>, path: string, below: boolean): Route | undefined => {
  const exact = below ? undefined : tier.exact.get(path)?.[0]?.item;
  if (exact !== undefined) return exact;
  const key = prefixKey(path);
  for (let at = key.length - 1; at >= 0; at = at === 0 ? -1 : key.lastIndexOf('/', at - 1)) {
    const found = tier.prefix.get(key.slice(0, at + 1))?.[0]?.item;
    if (found !== undefined) return found;
  }
  return undefined;
};

/** Paths that are compared as a whole, and those that end in a slash and stand for all below. */
const pathsOf = (
  rules: PathIndex<ListenerRule>,
  tiers: readonly PathIndex<Route>[],
): readonly [ReadonlySet<string>, ReadonlySet<string>] => {
  const exact = new Set<string>();
  const prefixes = new Set(['/']);
  for (const index of [rules, ...tiers]) {
    for (const path of index.exact.keys()) exact.add(path);
    for (const key of index.prefix.keys()) {
      prefixes.add(key);
      // nginx would send a request without the slash to one with it.
      if (key !== '/') exact.add(key.slice(0, -1));
    }
  }
  return [exact, prefixes];
};
