import type { EndpointSlice, Service } from '@solo-kubelet/object-spec';

/** Endpoints times ports of one Service: so many rules and records are made of it, however many a manifest of a few hundred KiB names. */
export const MOST_WAYS = 50_000;

/** The first endpoints of a Service, ready ones before others, as many as its ports leave room for: the same slices where that is all of them. */
export const endpointsWithinLimit = ({ spec }: Service, slices: readonly EndpointSlice[]): readonly EndpointSlice[] => {
  // A Service without an address has a record for each port of its slices.
  const waysOf = ({ ports }: EndpointSlice): number => Math.max(1, ports.length, spec.ports?.length ?? 0);
  if (slices.reduce((sum, slice) => sum + slice.endpoints.length * waysOf(slice), 0) <= MOST_WAYS) return slices;
  let left = MOST_WAYS;
  const taken = slices.map(() => [] as EndpointSlice['endpoints'][number][]);
  for (const ready of [true, false]) {
    for (const [i, slice] of slices.entries()) {
      for (const endpoint of slice.endpoints) {
        if (left < waysOf(slice)) break;
        if ((endpoint.conditions?.ready !== false) !== ready) continue;
        taken[i]!.push(endpoint);
        left -= waysOf(slice);
      }
    }
  }
  return slices.map((slice, i) => ({ ...slice, endpoints: taken[i]! }));
};

export const countEndpoints = (slices: readonly EndpointSlice[]): number =>
  slices.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
