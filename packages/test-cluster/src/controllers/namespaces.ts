import { fullCatalog } from '@solo-kubelet/api-server';
import type { Controller } from './controller.js';
import { isWanted } from './workload-parts.js';

const inNamespaces = fullCatalog.resources.filter(
  ({ rules, namespaced, verbs }) => rules !== undefined && namespaced && verbs.includes('delete'),
);
const kinds = [...new Set(['Namespace', ...inNamespaces.map(({ kind }) => kind)])];
const buckets = [...new Set(inNamespaces.map(({ storedAs }) => storedAs))];

/** Gives namespaces what each has, and takes everything out of those that are being deleted. */
export const namespaceController = (rootCa: string): Controller => ({
  kinds,
  keysOf: ({ type, object, key }, api) => {
    if (object.kind === 'Namespace') return [key];
    const { namespace = '' } = object.metadata;
    return type === 'DELETED' && api.get('Namespace', undefined, namespace) !== undefined ? [namespace] : [];
  },
  sync: (name, api) => {
    const namespace = api.get('Namespace', undefined, name);
    if (namespace === undefined) return undefined;
    if (isWanted(namespace)) {
      const metadata = { name: 'default', namespace: name };
      if (api.get('ServiceAccount', name, 'default') === undefined) api.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
      if (api.get('ConfigMap', name, 'kube-root-ca.crt') === undefined) {
        api.create({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { ...metadata, name: 'kube-root-ca.crt' },
          data: { 'ca.crt': rootCa },
        });
      }
      return undefined;
    }
    const content = buckets.flatMap((bucket) => api.store.list(bucket, `${name}/`));
    for (const object of content) if (isWanted(object)) api.remove(object);
    if (buckets.some((bucket) => api.store.list(bucket, `${name}/`).length > 0)) return undefined;
    const now = api.get('Namespace', undefined, name)!;
    if (((now.spec?.['finalizers'] ?? []) as readonly string[]).length > 0)
      api.replace({ ...now, spec: { ...now.spec, finalizers: [] } }, 'finalize');
    const left = api.get('Namespace', undefined, name);
    if (left !== undefined && (left.metadata.finalizers ?? []).length === 0) api.remove(left);
    return undefined;
  },
});
