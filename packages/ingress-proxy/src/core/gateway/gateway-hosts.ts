import { hostRank } from '../host-name.js';
import { coversHost } from '../match-route.js';

/** The hosts that a listener and a route have in common; none: the route has no part in the listener. */
export const commonHosts = (listener: string, hosts: readonly string[]): readonly string[] => {
  if (hosts.length === 0) return [listener];
  const common = hosts.flatMap((host) => {
    if (isWithin(host, listener)) return host;
    return isWithin(listener, host) ? listener : [];
  });
  return [...new Set(common)];
};

/** Whether every host of a pattern is one of another pattern, too. */
const isWithin = (inner: string, outer: string): boolean =>
  inner === outer || (inner !== '' && coversHost(outer, inner.startsWith('*.') ? inner.slice(1) : inner));

/** The more specific host comes first: exact, then the longest wildcard, then any. */
export const byHost = (a: string, b: string): number => hostRank(a) - hostRank(b) || b.length - a.length;
