import type { StoredObject } from '@solo-kubelet/api-server';
import { type Controller, splitKey } from './controller.js';
import type { ControllerApi } from './controller-api.js';
import { controlledBy, isControlledBy } from './owners.js';
import { isWanted } from './workload-parts.js';

type Values = Readonly<Record<string, unknown>>;

const selects = (service: StoredObject, pod: StoredObject): boolean => {
  const selector = Object.entries((service.spec?.['selector'] ?? {}) as Readonly<Record<string, string>>);
  return selector.length > 0 && selector.every(([name, value]) => pod.metadata.labels?.[name] === value);
};

const isReady = ({ status }: StoredObject): boolean =>
  ((status?.['conditions'] ?? []) as readonly Values[]).some(({ type, status: state }) => type === 'Ready' && state === 'True');

/** The number that a port of a Service leads to in a Pod; undefined if the Pod has none of that name. */
const portIn = (pod: StoredObject, { targetPort, port, protocol }: Values): number | undefined => {
  if (typeof targetPort !== 'string') return Number(targetPort ?? port);
  const ports = ((pod.spec?.['containers'] ?? []) as readonly Values[]).flatMap((each) => (each['ports'] ?? []) as readonly Values[]);
  return ports.find((each) => each['name'] === targetPort && (each['protocol'] ?? 'TCP') === (protocol ?? 'TCP'))?.[
    'containerPort'
  ] as number;
};

const endpointOf = (pod: StoredObject) => {
  const { namespace, name, uid } = pod.metadata;
  const [ready, terminating] = [isReady(pod), !isWanted(pod)];
  return {
    addresses: [String(pod.status?.['podIP'])],
    conditions: { ready: ready && !terminating, serving: ready, terminating },
    nodeName: pod.spec?.['nodeName'],
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
};

/** The slices of a Service: Pods whose ports have the same numbers together, one address family. */
const slicesOf = (
  service: StoredObject,
  pods: readonly StoredObject[],
): readonly { readonly ports: readonly object[]; readonly endpoints: readonly object[] }[] => {
  const groups = new Map<string, { ports: readonly object[]; endpoints: object[] }>();
  for (const pod of pods) {
    const ports = ((service.spec?.['ports'] ?? []) as readonly Values[]).flatMap((port) => {
      const number = portIn(pod, port);
      const { name = '', protocol = 'TCP', appProtocol } = port;
      return number === undefined ? [] : [{ name, port: number, protocol, ...(appProtocol !== undefined && { appProtocol }) }];
    });
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(endpointOf(pod));
    groups.set(key, group);
  }
  return [...groups.values()];
};

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const writeSlices = (api: ControllerApi, service: StoredObject): void => {
  const { namespace, name = '' } = service.metadata;
  const own = api.list('EndpointSlice', namespace).filter((slice) => isControlledBy(slice, service));
  const pods = api
    .list('Pod', namespace)
    .filter(
      (pod) =>
        selects(service, pod) && pod.status?.['podIP'] !== undefined && !['Succeeded', 'Failed'].includes(String(pod.status?.['phase'])),
    );
  const wanted = slicesOf(service, pods);
  for (const [i, { ports, endpoints }] of wanted.entries()) {
    const before = own[i];
    if (before === undefined) {
      api.create({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          ...{ namespace: namespace!, generateName: `${name}-`, ownerReferences: controlledBy(service) },
          labels: { 'kubernetes.io/service-name': name, 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' },
        },
        ...{ addressType: 'IPv4', ports, endpoints },
      });
    } else if (!same(before['ports'], ports) || !same(before['endpoints'], endpoints)) api.replace({ ...before, ports, endpoints });
  }
  for (const slice of own.slice(wanted.length)) api.remove(slice);
};

/** EndpointSlices of Services with a selector. */
export const endpointSliceController = (): Controller => ({
  kinds: ['Service', 'Pod'],
  keysOf: ({ object, previous, key }, api) => {
    if (object.kind === 'Service') return [key];
    return api
      .list('Service', object.metadata.namespace)
      .filter((service) => selects(service, object) || (previous !== undefined && selects(service, previous)))
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  },
  sync: (key, api) => {
    const { namespace, name } = splitKey(key);
    const service = api.get('Service', namespace, name);
    if (isWanted(service) && service.spec?.['selector'] !== undefined && service.spec['type'] !== 'ExternalName') writeSlices(api, service);
    return undefined;
  },
});
