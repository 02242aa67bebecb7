import { fullCatalog, type StoredObject } from '@solo-kubelet/api-server';
import type { Controller } from './controller.js';
import type { ControllerApi } from './controller-api.js';
import { ownersOf } from './owners.js';

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

const kept = fullCatalog.resources.filter(({ rules, verbs }) => rules !== undefined && verbs.includes('delete'));
const kinds = [...new Set(kept.map(({ kind }) => kind))];
const buckets = [...new Set(kept.map(({ storedAs }) => storedAs))];

const everything = ({ store }: ControllerApi): readonly StoredObject[] => buckets.flatMap((bucket) => store.list(bucket, ''));

const withoutFinalizer = (object: StoredObject, finalizer: string): StoredObject => ({
  ...object,
  metadata: { ...object.metadata, finalizers: (object.metadata.finalizers ?? []).filter((each) => each !== finalizer) },
});

const isOwnerThere = (all: readonly StoredObject[], uid: string): boolean => all.some(({ metadata }) => metadata.uid === uid);

const FIELDS = { [ORPHAN]: 1, [FOREGROUND]: 1 };

/** Lets go of what is deleted with a policy, and removes what nobody owns any more. */
const collect = (api: ControllerApi): void => {
  const all = everything(api);
  for (const object of all) {
    const waits = (object.metadata.finalizers ?? []).filter((each) => Object.hasOwn(FIELDS, each));
    if (!object.metadata.deletionTimestamp || waits.length === 0) continue;
    const dependents = all.filter((each) => ownersOf(each).some(({ uid }) => uid === object.metadata.uid));
    if (waits.includes(ORPHAN)) {
      for (const each of dependents) {
        const ownerReferences = ownersOf(each).filter(({ uid }) => uid !== object.metadata.uid);
        api.replace({ ...each, metadata: { ...each.metadata, ownerReferences } });
      }
      api.replace(withoutFinalizer(object, ORPHAN));
      continue;
    }
    for (const each of dependents) if (!each.metadata.deletionTimestamp) api.remove(each);
    const blocking = everything(api).filter((each) =>
      ownersOf(each).some(({ uid, blockOwnerDeletion }) => uid === object.metadata.uid && blockOwnerDeletion === true),
    );
    if (blocking.length === 0) api.replace(withoutFinalizer(object, FOREGROUND));
  }
  for (const object of everything(api)) {
    const owners = ownersOf(object);
    if (owners.length === 0 || object.metadata.deletionTimestamp) continue;
    if (!owners.some(({ uid }) => isOwnerThere(all, uid))) api.remove(object);
  }
};

/** The garbage collector. */
export const garbageCollector = (): Controller => ({
  kinds,
  keysOf: ({ type, object }) =>
    type === 'DELETED' || object.metadata.deletionTimestamp || (type === 'ADDED' && ownersOf(object).length > 0) ? ['all'] : [],
  sync: (_key, api) => {
    collect(api);
    return undefined;
  },
});
