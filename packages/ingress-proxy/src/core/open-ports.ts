import type { RouteTable } from './route-table.js';

/** RFC 8555, 8.3. */
export const CHALLENGE_PATH = '/.well-known/acme-challenge/';

/** Ports of Ingresses. */
export interface IngressPorts {
  readonly httpPort: number;
  readonly httpsPort: number;
}

export interface OpenPort {
  readonly port: number;
  readonly tls: boolean;
  readonly ofIngresses: boolean;
}

/** Every port that is to be open, those of Ingresses first. */
export const portsOf = (
  { listens, listeners, challenges }: Pick<RouteTable, 'listens' | 'listeners' | 'challenges'>,
  { httpPort, httpsPort }: IngressPorts,
): readonly OpenPort[] => {
  const own = [
    ...(listens.http || challenges.size > 0 ? [{ port: httpPort, tls: false, ofIngresses: true }] : []),
    ...(listens.https ? [{ port: httpsPort, tls: true, ofIngresses: true }] : []),
  ];
  const others = listeners
    .filter(({ port }) => !own.some((each) => each.port === port))
    .map(({ port, certificates }) => ({ port, tls: certificates !== undefined, ofIngresses: false }));
  return [...own, ...new Map(others.map((each) => [each.port, each])).values()];
};
