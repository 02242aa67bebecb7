import {
  checkRbacWrite,
  createPolicy,
  createRbacAuthorizer,
  type EscalationResult,
  type RbacPolicy,
  rulesReviewStatus,
} from '@solo-kubelet/rbac';
import { type ApiError, forbidden, internal, notFound } from '../status/api-error.js';
import type { ObjectStore } from '../store/object-store.js';
import type { StoredObject } from '../stored-object.js';
import type { Authorizer } from './authorizer.js';
import { requestOf } from './request-of.js';

const GROUP = 'rbac.authorization.k8s.io';
const BUCKETS = {
  roles: `roles.${GROUP}`,
  clusterRoles: `clusterroles.${GROUP}`,
  roleBindings: `rolebindings.${GROUP}`,
  clusterRoleBindings: `clusterrolebindings.${GROUP}`,
} as const;

const KINDS: Readonly<Record<string, 'roles' | 'clusterroles' | 'rolebindings' | 'clusterrolebindings'>> = {
  Role: 'roles',
  ClusterRole: 'clusterroles',
  RoleBinding: 'rolebindings',
  ClusterRoleBinding: 'clusterrolebindings',
};

const refusalOf = (result: EscalationResult, resource: string, object: StoredObject): ApiError | undefined => {
  switch (result.type) {
    case 'allowed':
      return undefined;
    case 'forbidden':
      return forbidden({ group: GROUP, name: resource }, object.metadata.name ?? '', result.message);
    case 'roleNotFound':
      return notFound({ group: GROUP, name: resource }, result.name);
    case 'unsupportedRoleKind':
      return internal(result.message);
  }
};

/** Decides by the roles and bindings of a store, as `--authorization-mode=RBAC` does. */
export const createStoreAuthorizer = (store: ObjectStore): Authorizer => {
  let policy: RbacPolicy | undefined;
  for (const bucket of Object.values(BUCKETS)) {
    store.subscribe(bucket, () => {
      policy = undefined;
    });
  }
  const current = (): RbacPolicy => {
    policy ??= createPolicy({
      roles: store.list(BUCKETS.roles, ''),
      clusterRoles: store.list(BUCKETS.clusterRoles, ''),
      roleBindings: store.list(BUCKETS.roleBindings, ''),
      clusterRoleBindings: store.list(BUCKETS.clusterRoleBindings, ''),
    });
    return policy;
  };
  return {
    decide: (attributes) => createRbacAuthorizer(current()).authorize(attributes.user, requestOf(attributes)),
    rulesFor: (user, namespace) => rulesReviewStatus(createRbacAuthorizer(current()).rulesFor(user, namespace)),
    escalation: (user, object, old) => {
      const resource = Object.hasOwn(KINDS, object.kind) ? KINDS[object.kind] : undefined;
      if (resource === undefined || !object.apiVersion.startsWith(GROUP)) return undefined;
      const { name = '', namespace = '' } = object.metadata;
      const write = { user, object, namespace, requestName: old === undefined ? '' : name, ...(old !== undefined && { old }) };
      return refusalOf(checkRbacWrite(current(), createRbacAuthorizer(current()), write), resource, object);
    },
  };
};
