import type { StoredObject } from '@solo-kubelet/api-server';
import type { Service } from '@solo-kubelet/object-spec';
import type { Pod } from '@solo-kubelet/pod-spec';
import { endpointPod, endpointSlices, podsOfServices } from '@solo-kubelet/service-network';
import { type Controller, splitKey } from './controller.js';
import type { ControllerApi } from './controller-api.js';
import { isControlledBy } from './owners.js';
import { isWanted } from './workload-parts.js';

const SLICE = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' };

const asService = (object: StoredObject): Service => object as unknown as Service;

const selects = (service: StoredObject, { metadata }: StoredObject): boolean => {
  const selector = Object.entries((service.spec?.['selector'] ?? {}) as Readonly<Record<string, string>>);
  return selector.length > 0 && selector.every(([name, value]) => metadata.labels?.[name] === value);
};

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const writeSlices = (api: ControllerApi, service: StoredObject, nodeName: string): void => {
  const { namespace } = service.metadata;
  const pods = api.list('Pod', namespace).flatMap((pod) => endpointPod(pod as unknown as Pod, false) ?? []);
  const wanted = endpointSlices({ service: asService(service), pods: podsOfServices(pods)(asService(service)), nodeName });
  const own = api.list('EndpointSlice', namespace).filter((slice) => isControlledBy(slice, service));
  for (const { metadata, addressType, ports, endpoints } of wanted) {
    const before = own.find(({ metadata: { name } }) => name === metadata.name);
    if (before === undefined) api.create({ ...SLICE, metadata: { ...metadata, namespace: namespace! }, addressType, ports, endpoints });
    else if (!isSame(before['ports'] ?? [], ports) || !isSame(before['endpoints'] ?? [], endpoints))
      api.replace({ ...before, ports, endpoints });
  }
  for (const slice of own) if (!wanted.some(({ metadata }) => metadata.name === slice.metadata.name)) api.remove(slice);
};

/** EndpointSlices of Services with a selector. */
export const endpointSliceController = (nodeName: string): Controller => ({
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
    const isCarriedOut = isWanted(service) && service.spec?.['selector'] !== undefined && service.spec['type'] !== 'ExternalName';
    if (isCarriedOut) writeSlices(api, service, nodeName);
    return undefined;
  },
});
