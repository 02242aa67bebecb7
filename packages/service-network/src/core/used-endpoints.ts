import type { Endpoint, EndpointSlice, ServicePort } from '@solo-kubelet/object-spec';
import { familyOf, type IpFamily } from './ip-address.js';

/** Where connections for a port of a Service may go. */
export interface PortEndpoint {
  readonly address: string;
  /** That of the endpoint, not of the Service. */
  readonly port: number;
  readonly endpoint: Endpoint;
}

/** A slice whose ports need no search, of which there would be one for each port of the Service. */
export interface NumberedSlice {
  readonly endpoints: readonly Endpoint[];
  /** By `PROTOCOL NAME`. */
  readonly numbers: ReadonlyMap<string, number>;
}

/** The endpoints of a port that get connections; both are empty only where none of the port does. */
export interface UsedEndpoints {
  readonly all: readonly PortEndpoint[];
  /** Those of the node, for traffic policies Local. */
  readonly local: readonly PortEndpoint[];
}

const keyOf = ({ name = '', protocol = 'TCP' }: Pick<ServicePort, 'name' | 'protocol'>): string => `${protocol} ${name}`;

/** The slices of a family, of one Service. */
export const numberedSlices = (slices: readonly EndpointSlice[], family: IpFamily): readonly NumberedSlice[] =>
  slices
    .filter(({ addressType, endpoints }) => addressType === family && endpoints.length > 0)
    .map(({ endpoints, ports }) => {
      const numbers = new Map<string, number>();
      for (const port of ports.toReversed()) if (port.port !== undefined) numbers.set(keyOf(port), port.port);
      return { endpoints, numbers };
    });

/** Every endpoint that has the port, whatever its conditions are. */
export const placesOf = (port: ServicePort, slices: readonly NumberedSlice[], family: IpFamily): readonly PortEndpoint[] =>
  slices.flatMap(({ endpoints, numbers }) => {
    const number = numbers.get(keyOf(port));
    if (number === undefined) return [];
    return endpoints.flatMap((endpoint) => {
      // Only the first counts, as with kube-proxy.
      const [address = ''] = endpoint.addresses;
      return familyOf(address) === family ? [{ address, port: number, endpoint }] : [];
    });
  });

/** A condition that a slice leaves out is true, but for that of ending (pkg/proxy/endpointslicecache.go). */
const isReady = ({ conditions }: Endpoint): boolean => conditions?.ready ?? true;
const isEnding = ({ conditions }: Endpoint): boolean => (conditions?.serving ?? true) && conditions?.terminating === true;

/**
 * All that are ready; if none is, those that are ending and still serve. Of those of the node likewise, whatever there is elsewhere. Upstream:
 * pkg/proxy/topology.go.
 */
export const usedEndpoints = (places: readonly PortEndpoint[], nodeName: string): UsedEndpoints => {
  const found = new Map<string, PortEndpoint>();
  for (const place of places) {
    const key = `${place.address} ${place.port}`;
    const before = found.get(key);
    if (before === undefined || !isReady(before.endpoint)) found.set(key, place);
  }
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, place]) => place);
  const all = readyOrEnding(sorted);
  const isLocal = ({ endpoint }: PortEndpoint): boolean => (endpoint.nodeName ?? '') === nodeName;
  const local = readyOrEnding(sorted.filter(isLocal));
  return { all, local: isSame(all, local) ? all : local };
};

const readyOrEnding = (places: readonly PortEndpoint[]): readonly PortEndpoint[] => {
  const ready = places.filter(({ endpoint }) => isReady(endpoint));
  return ready.length > 0 ? ready : places.filter(({ endpoint }) => isEnding(endpoint));
};

const isSame = (a: readonly PortEndpoint[], b: readonly PortEndpoint[]): boolean =>
  a.length === b.length && a.every((one, i) => one === b[i]);
