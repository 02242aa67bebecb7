import { defaultRbacObjects } from '@solo-kubelet/rbac';
import { type ObjectStore, objectKeyOf } from './store/object-store.js';
import type { StoredObject } from './stored-object.js';

export interface SeedOptions {
  readonly newUid: () => string;
  readonly nowText: string;
  readonly nowMs: number;
}

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

const PRIORITY_CLASSES = [
  ['system-node-critical', 2_000_001_000, 'Used for system critical pods that must not be moved from their current node.'],
  [
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ],
] as const;

const RBAC = 'rbac.authorization.k8s.io';

/** The namespaces, priority classes, roles and bindings that every cluster has. */
export const seedStore = (store: ObjectStore, { newUid, nowText, nowMs }: SeedOptions): void => {
  const put = (bucket: string, object: StoredObject): void => {
    const key = objectKeyOf(object.metadata);
    if (store.get(bucket, key) === undefined) store.put(bucket, key, object, nowMs);
  };
  for (const name of NAMESPACES) {
    put('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, uid: newUid(), creationTimestamp: nowText, labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  }
  for (const [name, value, description] of PRIORITY_CLASSES) {
    put('priorityclasses.scheduling.k8s.io', {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name, uid: newUid(), creationTimestamp: nowText, generation: 1 },
      value,
      description,
      preemptionPolicy: 'PreemptLowerPriority',
    });
  }
  const { clusterRoles, clusterRoleBindings, roles, roleBindings } = defaultRbacObjects();
  for (const [bucket, objects] of [
    ['clusterroles', clusterRoles],
    ['clusterrolebindings', clusterRoleBindings],
    ['roles', roles],
    ['rolebindings', roleBindings],
  ] as const) {
    for (const { metadata, ...object } of objects) {
      const { rules, ...rest } = object as { readonly rules?: unknown };
      put(`${bucket}.${RBAC}`, {
        ...(rest as Pick<StoredObject, 'apiVersion' | 'kind'>),
        ...(rules !== undefined && rules !== null && { rules }),
        metadata: { ...metadata, uid: newUid(), creationTimestamp: nowText },
      });
    }
  }
};
