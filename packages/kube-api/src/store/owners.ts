import { fullCatalog, type ObjectStore, type StoredObject } from '@solo-kubelet/api-server';
import { isFileKind, nodeCatalog } from '../core/node-catalog.js';
import type { StagedChange } from './node-store.js';

type OwnerReference = NonNullable<StoredObject['metadata']['ownerReferences']>[number];

const storedAs = new Map(
  fullCatalog.resources
    .filter(({ rules }) => rules !== undefined)
    .map(({ group, kind, namespaced, storedAs: bucket }) => [`${group}/${kind}`, { bucket, namespaced }]),
);

/** Finalizers that only wait for controllers, which act at once here. */
export const OWN_FINALIZERS: ReadonlySet<string> = new Set([
  'foregroundDeletion',
  'orphan',
  'kubernetes.io/pvc-protection',
  'kubernetes.io/pv-protection',
]);

const isHeldBySomebody = ({ metadata }: StoredObject): boolean => !(metadata.finalizers ?? []).every((name) => OWN_FINALIZERS.has(name));

/** The owner that a reference means; undefined: it has gone, or there is another of its name. */
const ownerOf = (store: ObjectStore, namespace: string | undefined, reference: OwnerReference): StoredObject | undefined => {
  const { apiVersion, kind, name, uid } = reference;
  const lies = storedAs.get(`${apiVersion.includes('/') ? apiVersion.split('/')[0] : ''}/${kind}`);
  const found = lies && store.get(lies.bucket, lies.namespaced ? `${namespace}/${name}` : name);
  return found?.metadata.uid === uid ? found : undefined;
};

/** Owners of owners are few; references in a circle end here. */
const MAX_OWNERS = 10;

/** Who decides on what controllers made: the first of the chain of controllers, which nobody controls. */
export const firstController = (store: ObjectStore, object: StoredObject): OwnerReference | undefined => {
  let first: OwnerReference | undefined;
  let at: StoredObject | undefined = object;
  for (let step = 0; at !== undefined && step < MAX_OWNERS; step += 1) {
    const next: OwnerReference | undefined = at.metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (next === undefined) break;
    first = next;
    at = ownerOf(store, at.metadata.namespace, next);
  }
  return first;
};

/**
 * The ends of what goes with an object: everything that files hold whose owners are all gone then, and what is owned by that. What finalizers hold stays.
 */
export const dependentsOf = (store: ObjectStore, object: StoredObject): readonly StagedChange[] => {
  const ended = new Set([object.metadata.uid]);
  const found = new Map<string, StagedChange>();
  const owned = nodeCatalog.resources.filter(isFileKind).flatMap(({ storedAs: bucket }) =>
    store
      .list(bucket, '')
      .filter((each) => (each.metadata.ownerReferences ?? []).length > 0 && !isHeldBySomebody(each))
      .map((each) => ({ bucket, each })),
  );
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { bucket, each } of owned) {
      const { namespace, name, uid, ownerReferences = [] } = each.metadata;
      const isGone = (reference: OwnerReference): boolean => ended.has(reference.uid) || ownerOf(store, namespace, reference) === undefined;
      if (ended.has(uid) || !ownerReferences.some((reference) => ended.has(reference.uid)) || !ownerReferences.every(isGone)) continue;
      const key = namespace === undefined ? (name ?? '') : `${namespace}/${name}`;
      found.set(`${bucket} ${key}`, { type: 'remove', bucket, key, object: each, previous: each });
      ended.add(uid);
    }
  }
  return [...found.values()];
};
