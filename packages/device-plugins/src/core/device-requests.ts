import { type Container, type Pod, quantityValue } from '@solo-kubelet/pod-spec';
import { isExtendedResourceName } from './resource-name.js';

export interface DeviceRequest {
  readonly resourceName: string;
  readonly count: number;
}

/** What a container asks of device plugins. Only limits count; requests must equal them. In the order of the resources' names. */
export const deviceRequests = ({ resources }: Pick<Container, 'resources'>): readonly DeviceRequest[] =>
  Object.entries(resources?.limits ?? {})
    .filter(([resourceName]) => isExtendedResourceName(resourceName))
    .map(([resourceName, quantity]) => ({ resourceName, count: Number(quantityValue(quantity)) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => (a.resourceName < b.resourceName ? -1 : 1));

/** In the order in which they are given devices: first those that run first. */
export const containersInOrder = ({ spec }: Pod): readonly Container[] => [...(spec.initContainers ?? []), ...spec.containers];
