import type { EndpointSlice, Service } from '@solo-kubelet/object-spec';

/** Endpoints times ports of one Service: so many rules and records are made of it, however many a manifest of a few hundred KiB names. */
export const MOST_WAYS = 50_000;

/** Of all Services of a node. */
export const MOST_WAYS_OF_NODE = 200_000;

/** How many ways each of the Services has, given those that it wants: small ones before large ones, so that nobody's large one costs another its endpoints. */
export const shareWays = (wanted: readonly number[]): readonly number[] => {
  const shares = wanted.map((ways) => Math.min(ways, MOST_WAYS));
  if (shares.reduce((sum, ways) => sum + ways, 0) <= MOST_WAYS_OF_NODE) return wanted.map(() => MOST_WAYS);
  let left = MOST_WAYS_OF_NODE;
  for (const [i, ways] of [...shares.entries()].sort(([, a], [, b]) => a - b)) {
    const share = Math.min(ways, left);
    left -= share;
    shares[i] = share < ways ? share : MOST_WAYS;
  }
  return shares;
};

/** A Service without an address has a record for each port of its slices. */
const waysOfSlice = ({ spec }: Service, { ports }: EndpointSlice): number => Math.max(1, ports.length, spec.ports?.length ?? 0);

export const waysOf = (service: Service, slices: readonly EndpointSlice[]): number =>
  slices.reduce((sum, slice) => sum + slice.endpoints.length * waysOfSlice(service, slice), 0);

/** The first endpoints of a Service, ready ones before others, as many as its ports leave room for: the same slices where that is all of them. */
export const endpointsWithinLimit = (service: Service, slices: readonly EndpointSlice[], most: number): readonly EndpointSlice[] => {
  if (waysOf(service, slices) <= most) return slices;
  let left = most;
  const taken = slices.map(() => [] as EndpointSlice['endpoints'][number][]);
  for (const ready of [true, false]) {
    for (const [i, slice] of slices.entries()) {
      for (const endpoint of slice.endpoints) {
        if (left < waysOfSlice(service, slice)) break;
        if ((endpoint.conditions?.ready !== false) !== ready) continue;
        taken[i]!.push(endpoint);
        left -= waysOfSlice(service, slice);
      }
    }
  }
  return slices.map((slice, i) => ({ ...slice, endpoints: taken[i]! }));
};

export const countEndpoints = (slices: readonly EndpointSlice[]): number =>
  slices.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
