import type { NodeObject } from './shown-object.js';

interface Slice extends NodeObject {
  readonly addressType?: string;
  readonly ports?: readonly Port[];
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean };
    readonly hostname?: string;
    readonly nodeName?: string;
    readonly targetRef?: object;
  }[];
}

interface Port {
  readonly name?: string;
  readonly port?: number;
  readonly protocol?: string;
  readonly appProtocol?: string;
}

const SERVICE_NAME = 'kubernetes.io/service-name';

/** The slices of each Service, by `namespace/name`. */
const slicesByService = (objects: ReadonlyMap<string, NodeObject>): ReadonlyMap<string, readonly Slice[]> => {
  const services = new Map<string, Slice[]>();
  for (const object of objects.values()) {
    const service = object.kind === 'EndpointSlice' ? object.metadata.labels?.[SERVICE_NAME] : undefined;
    if (service === undefined) continue;
    const key = `${object.metadata.namespace ?? 'default'}/${service}`;
    services.set(key, [...(services.get(key) ?? []), object]);
  }
  return services;
};

/** Older clients, Prometheus among them, ask for Endpoints: what the slices of a Service say, of its first address family alone (endpoints_controller.go). */
const endpointsObject = (key: string, slices: readonly Slice[]): NodeObject => {
  const [namespace = '', name = ''] = key.split('/');
  const family = slices[0]!.addressType;
  const subsets = slices
    .filter(({ addressType, endpoints = [] }) => addressType === family && endpoints.length > 0)
    .map(({ ports = [], endpoints = [] }) => {
      const addresses = (ready: boolean) =>
        endpoints
          .filter(({ conditions }) => (conditions?.ready ?? true) === ready)
          .flatMap(({ addresses: [ip], hostname, nodeName, targetRef }) => [
            {
              ip,
              ...(hostname !== undefined && { hostname }),
              ...(nodeName !== undefined && { nodeName }),
              ...(targetRef && { targetRef }),
            },
          ]);
      const [ready, notReady] = [addresses(true), addresses(false)];
      return {
        ...(ready.length > 0 && { addresses: ready }),
        ...(notReady.length > 0 && { notReadyAddresses: notReady }),
        ...(ports.length > 0 && { ports }),
      };
    });
  const endpoints = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name, namespace }, ...(subsets.length > 0 && { subsets }) };
  return endpoints;
};

/** The Endpoints of every Service that has slices; the same object as before where its slices are the same. */
export const createEndpointsView = (): ((objects: ReadonlyMap<string, NodeObject>) => ReadonlyMap<string, NodeObject>) => {
  let known = new Map<string, { readonly slices: readonly Slice[]; readonly endpoints: NodeObject }>();
  return (objects) => {
    const next: typeof known = new Map();
    for (const [key, slices] of slicesByService(objects)) {
      const before = known.get(key);
      const isSame = before?.slices.length === slices.length && before.slices.every((slice, i) => slice === slices[i]);
      next.set(key, isSame ? before : { slices, endpoints: endpointsObject(key, slices) });
    }
    known = next;
    return new Map([...next].map(([key, { endpoints }]) => [key, endpoints]));
  };
};
