import { losslessJson } from '@solo-kubelet/pod-spec';
import type { ApiResource } from '../resources/api-resource.js';
import { convertEvent } from '../resources/event-rules.js';
import { printObject } from '../schema/print-object.js';
import type { StoredObject } from '../stored-object.js';

interface Printed {
  readonly object: StoredObject;
  /** Its JSON text after the kind and the version, without the opening brace. */
  text?: string;
}

const caches = new Map<string, WeakMap<StoredObject, Printed>>();

const cacheOf = (resource: ApiResource): WeakMap<StoredObject, Printed> => {
  const name = resource.struct;
  let cache = caches.get(name);
  if (cache === undefined) {
    cache = new WeakMap();
    caches.set(name, cache);
  }
  return cache;
};

const printedOf = (resource: ApiResource, stored: StoredObject): Printed => {
  const cache = cacheOf(resource);
  let printed = cache.get(stored);
  if (printed === undefined) {
    const shown = resource.kind === 'Event' ? convertEvent(stored, resource.group === '' ? 'v1' : 'events.k8s.io/v1') : stored;
    printed = { object: printObject(resource.struct, shown) };
    cache.set(stored, printed);
  }
  return printed;
};

/** JSON text; numbers beyond 2^53 stay exact. */
export const jsonText = (value: unknown): string => {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof TypeError) return losslessJson(value);
    throw error;
  }
};

/** An object of the store as a resource shows it, with null where Go prints it. Made once a version. */
export const shownObject = (resource: ApiResource, stored: StoredObject): StoredObject => printedOf(resource, stored).object;

const textOf = (resource: ApiResource, stored: StoredObject): string => {
  const printed = printedOf(resource, stored);
  if (printed.text === undefined) {
    const { apiVersion: _version, kind: _kind, ...rest } = printed.object;
    printed.text = jsonText(rest).slice(1);
  }
  return printed.text;
};

/** The JSON text of an object, made once a version. */
export const objectJson = (resource: ApiResource, stored: StoredObject): string => {
  const { kind, apiVersion } = printedOf(resource, stored).object;
  return `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},${textOf(resource, stored)}`;
};

/** The same as an item of a list, which does not say what it is. */
export const itemJson = (resource: ApiResource, stored: StoredObject): string => `{${textOf(resource, stored)}`;
