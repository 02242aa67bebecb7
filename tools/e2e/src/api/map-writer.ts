import type { ObjectStore } from '@solo-kubelet/api-server';

const NAMESPACE = 'default';
const NAMES = 100;

/** The nth of a history of changes of a hundred ConfigMaps, and how an informer should tell of it: `add|update|delete NAME N`. */
export const writeMap = (store: ObjectStore, n: number): string => {
  const name = `map-${n % NAMES}`;
  const key = `${NAMESPACE}/${name}`;
  const before = store.get('configmaps', key);
  if (n % 700 === 699 && before !== undefined) {
    store.remove('configmaps', key, Date.now());
    return `delete ${name} ${(before['data'] as { readonly n: string }).n}`;
  }
  const metadata = { name, namespace: NAMESPACE, uid: before?.metadata.uid ?? `uid-${n}`, creationTimestamp: '2026-11-29T00:00:00Z' };
  store.put('configmaps', key, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { n: String(n) } }, Date.now());
  return `${before === undefined ? 'add' : 'update'} ${name} ${n}`;
};

/** What they hold now. */
export const mapsOf = (store: ObjectStore): ReadonlyMap<string, string> =>
  new Map(store.list('configmaps', `${NAMESPACE}/`).map(({ metadata, data }) => [metadata.name ?? '', (data as { readonly n: string }).n]));
