/** As much of a Service as environment variables need. */
export interface ServiceFacts {
  readonly namespace: string;
  readonly name: string;
  readonly clusterIP: string;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: string }[];
}

/** The Service whose address every pod gets. */
const MASTER = 'kubernetes';
const MASTER_NAMESPACE = 'default';

/**
 * Addresses of the services that a pod of the namespace sees: with links all of its namespace, and the API server's always, unless the namespace has
 * its own of that name and there are links. Upstream: getServiceEnvVarMap in pkg/kubelet/kubelet_pods.go, pkg/kubelet/envvars.
 */
export const serviceVariables = (services: Iterable<ServiceFacts>, namespace: string, links: boolean): ReadonlyMap<string, string> => {
  const seen = new Map<string, ServiceFacts>();
  for (const service of services) {
    const own = service.namespace === namespace;
    if (service.namespace === MASTER_NAMESPACE && service.name === MASTER && !seen.has(MASTER)) seen.set(MASTER, service);
    else if (own && links) seen.set(service.name, service);
  }
  const variables = new Map<string, string>();
  for (const service of [...seen.values()].sort((left, right) => (left.name < right.name ? -1 : 1))) {
    for (const [name, value] of variablesOf(service)) variables.set(name, value);
  }
  return variables;
};

const variablesOf = ({ name, clusterIP, ports }: ServiceFacts): readonly (readonly [string, string])[] => {
  const [first] = ports;
  if (first === undefined) return [];
  const prefix = upper(name);
  const urlOf = ({ protocol, port }: ServiceFacts['ports'][number]): string =>
    `${protocol.toLowerCase()}://${clusterIP.includes(':') ? `[${clusterIP}]` : clusterIP}:${port}`;
  return [
    [`${prefix}_SERVICE_HOST`, clusterIP],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
    ...ports.filter((port) => port.name !== '').map((port) => [`${prefix}_SERVICE_PORT_${upper(port.name)}`, String(port.port)] as const),
    [`${prefix}_PORT`, urlOf(first)],
    ...ports.flatMap((port) => {
      const own = `${prefix}_PORT_${port.port}_${port.protocol.toUpperCase()}`;
      return [
        [own, urlOf(port)],
        [`${own}_PROTO`, port.protocol.toLowerCase()],
        [`${own}_PORT`, String(port.port)],
        [`${own}_ADDR`, clusterIP],
      ] as const;
    }),
  ];
};

const upper = (name: string): string => name.toUpperCase().replaceAll('-', '_');
