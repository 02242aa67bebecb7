import type { Endpoint, EndpointPort, EndpointSlice, Service, ServicePort } from '@solo-kubelet/object-spec';
import { SERVICE_NAME_LABEL } from './dns-records.js';
import type { EndpointPod } from './endpoint-pod.js';
import { familyOf, type IpFamily } from './ip-address.js';
import { textHash } from './text-hash.js';

/** Endpoints of one slice, as `maxEndpointsPerSlice` of kube-controller-manager. */
const MAX_ENDPOINTS = 100;
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
const HEADLESS_LABEL = 'service.kubernetes.io/headless';
const MANAGER = 'endpointslice-controller.k8s.io';

export interface EndpointSlicesInput {
  readonly service: Service;
  /** Those that it selects. */
  readonly pods: readonly EndpointPod[];
  readonly nodeName: string;
  readonly zone?: string;
}

/** From this many Services on an index of all Pods costs less than a look at each Pod. */
const WORTH_AN_INDEX = 8;

/** Which of the Pods a Service selects, in their order; none without a selector. */
export const podsOfServices = (pods: readonly EndpointPod[]): ((service: Service) => readonly EndpointPod[]) => {
  let asked = 0;
  let index: ReadonlyMap<string, readonly EndpointPod[]> | undefined;
  return ({ metadata, spec }) => {
    const wanted = Object.entries(spec.selector ?? {});
    const [first] = wanted;
    if (pods.length === 0 || first === undefined || spec.type === 'ExternalName') return NONE;
    const { namespace = 'default' } = metadata;
    asked++;
    if (asked > WORTH_AN_INDEX) index ??= byLabel(pods);
    const candidates = index === undefined ? pods : (index.get(labelKey(namespace, first)) ?? NONE);
    return candidates.filter(
      (pod) => pod.namespace === namespace && wanted.every(([key, value]) => Object.hasOwn(pod.labels, key) && pod.labels[key] === value),
    );
  };
};

const NONE: readonly EndpointPod[] = [];

const labelKey = (namespace: string, [key, value]: readonly [string, string]): string => `${namespace}/${key}=${value}`;

const byLabel = (pods: readonly EndpointPod[]): ReadonlyMap<string, readonly EndpointPod[]> => {
  const index = new Map<string, EndpointPod[]>();
  for (const pod of pods) {
    for (const label of Object.entries(pod.labels)) {
      const key = labelKey(pod.namespace, label);
      const found = index.get(key);
      if (found === undefined) index.set(key, [pod]);
      else found.push(pod);
    }
  }
  return index;
};

/**
 * The slices of a Service: one for each family and list of resolved ports, of at most 100 endpoints; an empty one for a family without. Upstream:
 * staging/src/k8s.io/endpointslice. Names follow from what is in them, so that they do not change with every restart.
 */
export const endpointSlices = ({ service, pods, nodeName, zone }: EndpointSlicesInput): readonly EndpointSlice[] => {
  const groups = new Map<string, { readonly family: IpFamily; readonly ports: readonly EndpointPort[]; readonly endpoints: Endpoint[] }>();
  const families = service.spec.ipFamilies ?? (['IPv4'] as const);
  for (const family of families) {
    for (const pod of pods) {
      const address = pod.ips.find((ip) => familyOf(ip) === family);
      if (address === undefined) continue;
      const ports = resolvedPorts(service, pod);
      const key = `${family}/${ports.map(({ name, protocol, port }) => `${name} ${protocol} ${port}`).join()}`;
      const group = groups.get(key) ?? { family, ports, endpoints: [] };
      groups.set(key, group);
      group.endpoints.push(endpointOf(service, pod, { address, nodeName, zone }));
    }
  }
  for (const family of families) {
    if (![...groups.values()].some((group) => group.family === family)) groups.set(`${family}/`, { family, ports: [], endpoints: [] });
  }
  return [...groups].flatMap(([key, { family, ports, endpoints }]) =>
    Array.from({ length: Math.max(1, Math.ceil(endpoints.length / MAX_ENDPOINTS)) }, (_, i) =>
      sliceOf(service, i === 0 ? key : `${key}#${i}`, {
        family,
        ports,
        endpoints: endpoints.slice(i * MAX_ENDPOINTS, (i + 1) * MAX_ENDPOINTS),
      }),
    ),
  );
};

/** A Pod that has no port of the name is left out of that port alone. */
const resolvedPorts = ({ spec }: Service, pod: EndpointPod): readonly EndpointPort[] =>
  (spec.ports ?? []).flatMap((port) => {
    const number = targetPort(port, pod);
    const { name = '', protocol = 'TCP', appProtocol } = port;
    return number === undefined ? [] : [{ name, protocol, port: number, ...(appProtocol !== undefined && { appProtocol }) }];
  });

/** Upstream: FindPort in pkg/api/v1/pod/util.go. */
const targetPort = ({ targetPort: target, port, protocol = 'TCP' }: ServicePort, pod: EndpointPod): number | undefined => {
  if (target === undefined || target === 0 || target === '') return port;
  if (typeof target === 'number') return target;
  return pod.ports.find((one) => one.name === target && one.protocol === protocol)?.port;
};

const endpointOf = (
  { metadata, spec }: Service,
  pod: EndpointPod,
  { address, nodeName, zone }: { readonly address: string; readonly nodeName: string; readonly zone: string | undefined },
): Endpoint => ({
  addresses: [address],
  conditions: {
    ready: spec.publishNotReadyAddresses === true || (pod.ready && !pod.terminating),
    serving: pod.ready,
    terminating: pod.terminating,
  },
  ...(pod.hostname !== '' && pod.subdomain === metadata.name && { hostname: pod.hostname }),
  nodeName,
  ...(zone !== undefined && { zone }),
  targetRef: { kind: 'Pod', namespace: pod.namespace, name: pod.name, uid: pod.uid },
});

const sliceOf = (
  service: Service,
  key: string,
  {
    family,
    ports,
    endpoints,
  }: { readonly family: IpFamily; readonly ports: readonly EndpointPort[]; readonly endpoints: readonly Endpoint[] },
): EndpointSlice => {
  const { metadata, spec } = service;
  const { name = '', namespace = 'default', uid = '' } = metadata;
  // Whoever writes it on a Service says nothing by that.
  const { [HEADLESS_LABEL]: _, ...labels } = metadata.labels ?? {};
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${textHash(`${namespace}/${name}/${key}`).toString(36).slice(-5).padStart(5, '0')}`,
      namespace,
      labels: {
        ...labels,
        [SERVICE_NAME_LABEL]: name,
        [MANAGED_BY_LABEL]: MANAGER,
        ...(spec.clusterIP === 'None' && { [HEADLESS_LABEL]: '' }),
      },
      ...(metadata.creationTimestamp && { creationTimestamp: metadata.creationTimestamp }),
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    addressType: family,
    endpoints,
    ports,
  };
};
