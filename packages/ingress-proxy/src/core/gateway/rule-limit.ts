import { byAge } from './age-order.js';
import type { ReadRoute } from './attach-route.js';

/** Of all HTTPRoutes of a node: lines and comparisons that rules come to, at every listener and for every host. A request goes through those of its port. */
export const MOST_LINES = 10_000;

export interface AttachedRoute<L> {
  readonly read: ReadRoute;
  /** The hosts that it has at each listener. */
  readonly hosts: ReadonlyMap<L, readonly string[]>;
}

/** The routes that there is no room for: small ones go first, then older ones, so that nobody's large one costs another its rules. */
export const routesLeftOut = <L>(attached: readonly AttachedRoute<L>[]): ReadonlySet<ReadRoute> => {
  const sized = attached.map(({ read, hosts }) => ({ read, lines: linesOf(read, [...hosts.values()]) }));
  const leftOut = new Set<ReadRoute>();
  let sum = 0;
  for (const { read, lines } of sized.sort((a, b) => a.lines - b.lines || byAge(a.read.route, b.read.route))) {
    if (sum + lines > MOST_LINES) leftOut.add(read);
    else sum += lines;
  }
  return leftOut;
};

/** At most: rules that do the same at one port share what they do. */
const linesOf = ({ rules }: ReadRoute, hostsOfListeners: readonly (readonly string[])[]): number => {
  const compared = rules.reduce((sum, { headers, query }) => sum + 2 + headers.length + query.length, 0);
  let done = 0;
  for (const { requestHeaders, responseHeaders, backends, mirrors = [] } of new Set(rules.map(({ action }) => action))) {
    const ofBackends = backends.flatMap((each) => [each.requestHeaders, each.responseHeaders]);
    const changes = [requestHeaders, responseHeaders, ...ofBackends].reduce(
      (sum, each) => sum + (each === undefined ? 0 : each.set.length + each.add.length + each.remove.length),
      0,
    );
    done += LINES_OF_ACTION + changes + 2 * backends.length + LINES_OF_MIRROR * mirrors.length;
  }
  return hostsOfListeners.reduce((sum, hosts) => sum + hosts.length * compared + done, 0);
};

const LINES_OF_MIRROR = 4;

/** A redirect or a rewrite, and the choice of a backend. */
const LINES_OF_ACTION = 8;
