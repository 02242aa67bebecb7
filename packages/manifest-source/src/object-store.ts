import { type ApiObject, type ObjectKindName, objectKey } from '@solo-kubelet/object-spec';
import { distinctUntilChanged, type OperatorFunction, pipe, scan } from 'rxjs';
import { type ManifestEvent, type ManifestOrigin, originKey } from './manifest-event.js';
import { mapWith, mapWithout } from './versioned-map/versioned-map.js';

/** An object of one kind. */
export type ObjectOfKind<Kind extends ObjectKindName> = Extract<ApiObject, { readonly kind: Kind }>;

/** The accepted objects of all sources: of each kind and name the latest good version. Made by `reduceObjects`; ask with `findObject` and `listObjects`. */
export interface ObjectStore {
  /** By kind, then by `namespace/name`, or `/name` of kinds without a namespace. */
  readonly byKind: ReadonlyMap<string, ReadonlyMap<string, ApiObject>>;
  /** What each origin holds, by `originKey`. */
  readonly held: ReadonlyMap<string, ApiObject>;
  /** `source:path` of the sources that have been read once. */
  readonly syncedSources: ReadonlySet<string>;
}

export const emptyObjectStore: ObjectStore = { byKind: new Map(), held: new Map(), syncedSources: new Set() };

/** The objects after one more event, from a stream whose names are settled; for `scan`. An event that is not about objects gives the same store. */
export const reduceObjects = (store: ObjectStore, event: ManifestEvent): ObjectStore => {
  switch (event.type) {
    case 'objectApplied':
      return hold(store, event.origin, event.object);
    case 'applied':
    case 'removed':
    case 'shadowed':
    case 'objectShadowed':
      return letGo(store, event.origin);
    case 'rejected':
      return event.stale ? store : letGo(store, event.origin);
    case 'synced':
      return { ...store, syncedSources: new Set(store.syncedSources).add(`${event.source}:${event.path}`) };
    default:
      return store;
  }
};

/** The object of a kind and name. `namespace` does not count for kinds without one. */
export const findObject = <Kind extends ObjectKindName>(
  { byKind }: ObjectStore,
  kind: Kind,
  name: string,
  namespace = '',
): ObjectOfKind<Kind> | undefined => {
  const objects = byKind.get(kind);
  return (objects?.get(`${namespace}/${name}`) ?? objects?.get(`/${name}`)) as ObjectOfKind<Kind> | undefined;
};

/** All objects of a kind, of one namespace or of all, in the order in which they were accepted. */
export const listObjects = <Kind extends ObjectKindName>(
  { byKind }: ObjectStore,
  kind: Kind,
  namespace?: string,
): readonly ObjectOfKind<Kind>[] => {
  const objects = [...(byKind.get(kind)?.values() ?? [])] as ObjectOfKind<Kind>[];
  return namespace === undefined ? objects : objects.filter(({ metadata }) => metadata.namespace === namespace);
};

/** The objects after each event that changes them. */
export const objectStores = (): OperatorFunction<ManifestEvent, ObjectStore> =>
  pipe(scan(reduceObjects, emptyObjectStore), distinctUntilChanged());

const placeOf = ({ metadata }: ApiObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;

const hold = (store: ObjectStore, origin: ManifestOrigin, object: ApiObject): ObjectStore => {
  const key = originKey(origin);
  const before = store.held.get(key);
  const cleared = before === undefined || objectKey(before) === objectKey(object) ? store : letGo(store, origin);
  return {
    ...cleared,
    byKind: new Map(cleared.byKind).set(object.kind, mapWith(cleared.byKind.get(object.kind) ?? new Map(), placeOf(object), object)),
    held: mapWith(cleared.held, key, object),
  };
};

const letGo = (store: ObjectStore, origin: ManifestOrigin): ObjectStore => {
  const key = originKey(origin);
  const object = store.held.get(key);
  if (object === undefined) return store;
  const ofKind = store.byKind.get(object.kind) ?? new Map<string, ApiObject>();
  // Another origin may hold the name by now.
  const left = ofKind.get(placeOf(object)) === object ? mapWithout(ofKind, placeOf(object)) : ofKind;
  return { ...store, held: mapWithout(store.held, key), byKind: new Map(store.byKind).set(object.kind, left) };
};
