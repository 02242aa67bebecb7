import { compareQuantities, formatQuantity, quantityValue } from '@solo-kubelet/pod-spec';
import type { StoredObject, Values } from '../../stored-object.js';
import { type Counter, selectsValue } from './counter.js';

const NAMES = ['persistentvolumeclaims', 'requests.storage'];
const COUNT = 'count/persistentvolumeclaims';
const OF_CLASS = '.storageclass.storage.k8s.io/';
const OLD_CLASS = 'volume.beta.kubernetes.io/storage-class';

const classOf = ({ metadata, spec = {} }: StoredObject): string =>
  metadata.annotations?.[OLD_CLASS] ?? String(spec['storageClassName'] ?? '');

/** Storage counts in whole bytes. */
const wholeBytes = (quantity: string): string => {
  const rounded = String(quantityValue(quantity));
  return compareQuantities(rounded, quantity) === 0 ? formatQuantity(quantity) : rounded;
};

const storageOf = ({ spec = {}, status = {} }: StoredObject): string | undefined => {
  const asked = (((spec['resources'] ?? {}) as Values)['requests'] as Record<string, string> | undefined)?.['storage'];
  if (asked === undefined) return undefined;
  const allocated = (status['allocatedResources'] as Record<string, string> | undefined)?.['storage'];
  return wholeBytes(allocated !== undefined && compareQuantities(allocated, asked) > 0 ? allocated : asked);
};

const attributesClasses = ({ spec = {}, status = {} }: StoredObject): readonly string[] =>
  [
    spec['volumeAttributesClassName'],
    status['currentVolumeAttributesClassName'],
    (status['modifyVolumeStatus'] as Values | undefined)?.['targetVolumeAttributesClassName'],
  ].filter((name): name is string => typeof name === 'string' && name !== '');

export const countClaims: Counter = {
  countedNames: (names) =>
    names.filter((name) => name === COUNT || NAMES.includes(name) || NAMES.some((each) => name.endsWith(`${OF_CLASS}${each}`))),
  isInScope: (claim, scope) =>
    scope.scopeName === 'VolumeAttributesClass' &&
    (scope.operator === 'Exists' ? attributesClasses(claim).length > 0 : selectsValue(scope, attributesClasses(claim))),
  usage: (claim) => {
    const storage = storageOf(claim);
    const className = classOf(claim);
    return {
      persistentvolumeclaims: '1',
      [COUNT]: '1',
      ...(storage !== undefined && { 'requests.storage': storage }),
      ...(className !== '' && {
        [`${className}${OF_CLASS}persistentvolumeclaims`]: '1',
        ...(storage !== undefined && { [`${className}${OF_CLASS}requests.storage`]: storage }),
      }),
    };
  },
  countsUpdate: (_updated, _old, subresource) => subresource === '' || subresource === 'status',
};
