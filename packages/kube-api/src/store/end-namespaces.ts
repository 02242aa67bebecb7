import type { ObjectStore, StoredObject } from '@solo-kubelet/api-server';
import { isFileKind, nodeCatalog } from '../core/node-catalog.js';
import type { NodeStore, StagedChange } from './node-store.js';

/** How long a Pod that was deleted before the kubelet saw it is waited for, ms. */
const UNSEEN_MS = 10_000;

/** What files hold of a namespace, each as its end. */
export const objectsIn = (store: ObjectStore, namespace: string): readonly StagedChange[] =>
  nodeCatalog.resources
    .filter((resource) => resource.namespaced && isFileKind(resource))
    .flatMap(({ storedAs: bucket }) =>
      store.list(bucket, `${namespace}/`).map((object) => ({
        type: 'remove' as const,
        bucket,
        key: `${namespace}/${object.metadata.name}`,
        object,
        previous: object,
      })),
    );

/** Takes out Pods that were deleted before the kubelet ever saw them. */
export const removeUnseen = (store: ObjectStore, seen: (key: string) => boolean, nowMs: number): void => {
  for (const { metadata } of store.list('pods', '')) {
    const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = metadata;
    if (deletionTimestamp === undefined) continue;
    const askedMs = Date.parse(deletionTimestamp) - Number(deletionGracePeriodSeconds) * 1_000;
    const key = `${metadata.namespace}/${metadata.name}`;
    if (nowMs - askedMs > UNSEEN_MS && !seen(key)) store.remove('pods', key, nowMs);
  }
};

/** Ends namespaces that are being deleted and have no Pods any more, with all that is in them. `endFiles` ends what files say of one. */
export const endNamespaces = async (
  { store, exclusive }: NodeStore,
  endFiles: (namespace: StoredObject) => Promise<void>,
  now: () => number,
): Promise<void> => {
  for (const namespace of store.list('namespaces', '')) {
    const name = namespace.metadata.name ?? '';
    if (namespace.metadata.deletionTimestamp === undefined || store.list('pods', `${name}/`).length > 0) continue;
    await exclusive(async () => {
      await endFiles(namespace);
      for (const { storedAs } of nodeCatalog.resources) {
        for (const { metadata } of store.list(storedAs, `${name}/`)) store.remove(storedAs, `${name}/${metadata.name}`, now());
      }
      store.remove('namespaces', name, now());
    });
  }
};
