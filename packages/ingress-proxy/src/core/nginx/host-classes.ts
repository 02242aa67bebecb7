import { hostRank } from '../host-name.js';
import type { OpenPort } from '../open-ports.js';
import type { RouteTable } from '../route-table.js';

/** Hosts that the same routes are for. */
export interface HostClass {
  /** A host of it; no client can ask for one with a `*`. `` for all that are in no other. */
  readonly name: string;
  /** Of a block `server`. */
  readonly serverName: string;
}

/**
 * The classes of a port, in an order in which the first that a host fits is its own: hosts that are written out, then the longest suffix, of which hosts with
 * one label more come before those with several; then all others.
 */
export const hostClasses = (table: RouteTable, { port, ofIngresses }: OpenPort, certified: readonly string[]): readonly HostClass[] => {
  const ofGateways = table.listeners
    .filter((each) => each.port === port)
    .flatMap(({ host, rules }) => [host, ...rules.map((rule) => rule.host)]);
  const own = ofIngresses ? [...table.routes.map(({ host }) => host), ...table.fallbacks.keys()] : [];
  const all = new Set([...ofGateways, ...own, ...certified]);
  const deep = new Set(ofGateways);
  const exact = [...all].filter((host) => host !== '' && hostRank(host) === 0);
  const wild = [...all].filter((host) => hostRank(host) === 1).sort((a, b) => b.length - a.length);
  return [
    ...exact.map((host) => ({ name: host, serverName: `"${host}"` })),
    ...wild.flatMap((host) => {
      const suffix = host.slice(1).replace(/[.]/g, '\\.');
      return [
        { name: host, serverName: `"~^[^.]+${suffix}$"` },
        ...(deep.has(host) ? [{ name: `*.${host}`, serverName: `"~^.+${suffix}$"` }] : []),
      ];
    }),
    { name: '', serverName: '""' },
  ];
};
