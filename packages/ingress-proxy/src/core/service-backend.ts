import type { EndpointSlice, IngressServiceBackend, Service, ServicePort } from '@solo-kubelet/object-spec';
import type { Backend, BackendEndpoint } from './route-table.js';

const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

export interface KnownServices {
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
}

/** A Service's port as a backend, or what is wrong. */
export type ServiceBackend = { readonly backend: Backend; readonly problem?: string } | { readonly problem: string };

/** The servers behind one port of a Service: its ready endpoints, or those that still serve while they end if none is ready. */
export const serviceBackend = (
  namespace: string,
  { name, port }: IngressServiceBackend,
  known: KnownServices & { readonly protocol: Backend['protocol'] | undefined },
): ServiceBackend => {
  const asked = port?.name || String(port?.number ?? '');
  const id = `${namespace}_${name}_${asked}`;
  // What goes into a proxy's configuration is this name alone.
  if (!SAFE_NAME.test(id)) return { problem: `service ${JSON.stringify(name)} is no name of a Service` };
  const empty: Backend = { name: id, protocol: known.protocol ?? 'http', endpoints: [] };
  const service = known.services.find(({ metadata }) => metadata.name === name && (metadata.namespace ?? 'default') === namespace);
  if (service === undefined) return { backend: empty, problem: `service "${namespace}/${name}" not found` };
  if (service.spec.type === 'ExternalName')
    return { problem: `service "${namespace}/${name}" is an ExternalName, which an Ingress can't lead to here` };
  // One number may be there for HTTP/3, too, which a proxy does not speak to servers.
  const servicePort = service.spec.ports?.find(
    (each) => isTcp(each) && (port?.name ? each.name === port.name : each.port === port?.number),
  );
  if (servicePort === undefined) return { backend: empty, problem: `service "${namespace}/${name}" has no port ${JSON.stringify(asked)}` };
  return {
    backend: {
      name: id,
      protocol: known.protocol ?? protocolOf(servicePort),
      endpoints: endpointsOf(namespace, name, servicePort, known.slices),
    },
  };
};

const isTcp = ({ protocol = 'TCP' }: { readonly protocol?: string }): boolean => protocol === 'TCP';

const SAFE_NAME = /^[a-zA-Z0-9_.-]{1,200}$/;

const protocolOf = ({ appProtocol }: ServicePort): Backend['protocol'] => {
  if (appProtocol === 'kubernetes.io/h2c' || appProtocol === 'grpc') return 'h2c';
  return appProtocol === 'https' ? 'https' : 'http';
};

const endpointsOf = (namespace: string, name: string, port: ServicePort, slices: readonly EndpointSlice[]): readonly BackendEndpoint[] => {
  const own = slices.filter(
    ({ metadata, addressType }) =>
      metadata.labels?.[SERVICE_NAME_LABEL] === name && (metadata.namespace ?? 'default') === namespace && addressType !== 'FQDN',
  );
  const all = own.flatMap(({ endpoints, ports }) => {
    const number = ports.find((each) => isTcp(each) && (each.name ?? '') === (port.name ?? ''))?.port;
    if (number === undefined) return [];
    return endpoints.flatMap(({ addresses, conditions = {} }) => {
      const [address] = addresses;
      return address === undefined ? [] : [{ address, port: number, conditions }];
    });
  });
  const ready = all.filter(({ conditions }) => conditions.ready !== false);
  const used = ready.length > 0 ? ready : all.filter(({ conditions }) => conditions.serving !== false && conditions.terminating === true);
  const unique = new Map(used.map((each) => [`${each.address} ${each.port}`, { address: each.address, port: each.port }]));
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint);
};
