import {
  checkBindingEscalation,
  checkRoleEscalation,
  createPolicy,
  createRbacAuthorizer,
  type EscalationResult,
  type RbacPolicy,
  type RequestAttributes,
  readRoleRef,
  readRules,
} from '@solo-kubelet/rbac';
import { isSameJson } from '../registry/same-json.js';
import { type ApiError, forbidden, internal, notFound } from '../status/api-error.js';
import type { ObjectStore } from '../store/object-store.js';
import type { StoredObject } from '../stored-object.js';
import type { Attributes, Authorizer } from './authorizer.js';

const GROUP = 'rbac.authorization.k8s.io';
const BUCKETS = {
  roles: `roles.${GROUP}`,
  clusterRoles: `clusterroles.${GROUP}`,
  roleBindings: `rolebindings.${GROUP}`,
  clusterRoleBindings: `clusterrolebindings.${GROUP}`,
} as const;

const requestOf = (attributes: Attributes): RequestAttributes =>
  attributes.isResource
    ? {
        type: 'resource',
        verb: attributes.verb,
        apiGroup: attributes.group,
        apiVersion: attributes.version,
        resource: attributes.resource,
        subresource: attributes.subresource,
        name: attributes.name,
        namespace: attributes.namespace,
      }
    : { type: 'path', verb: attributes.verb, path: attributes.path };

const KINDS: Readonly<Record<string, 'roles' | 'clusterroles' | 'rolebindings' | 'clusterrolebindings'>> = {
  Role: 'roles',
  ClusterRole: 'clusterroles',
  RoleBinding: 'rolebindings',
  ClusterRoleBinding: 'clusterrolebindings',
};

/** What of an object gives rights. */
const grants = (object: StoredObject): unknown => [object['rules'], object['aggregationRule'], object['roleRef'], object['subjects']];

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
    rulesFor: (user, namespace) => {
      const { rules, errors } = createRbacAuthorizer(current()).rulesFor(user, namespace);
      return {
        resourceRules: rules.flatMap(({ verbs, apiGroups = [], resources = [], resourceNames = [] }) =>
          resources.length === 0 ? [] : [{ verbs, apiGroups, resources, ...(resourceNames.length > 0 && { resourceNames }) }],
        ),
        nonResourceRules: rules.flatMap(({ verbs, nonResourceURLs = [] }) =>
          nonResourceURLs.length === 0 ? [] : [{ verbs, nonResourceURLs }],
        ),
        incomplete: errors.length > 0,
        ...(errors.length > 0 && { evaluationError: errors.join(', ') }),
      };
    },
    escalation: (user, object, old) => {
      const resource = KINDS[object.kind];
      if (resource === undefined || !object.apiVersion.startsWith(GROUP)) return undefined;
      if (old !== undefined && isSameJson(grants(object), grants(old))) return undefined;
      const authorizer = createRbacAuthorizer(current());
      const { name = '', namespace = '' } = object.metadata;
      const result =
        resource === 'roles' || resource === 'clusterroles'
          ? checkRoleEscalation(authorizer, {
              user,
              resource,
              name: old === undefined ? '' : name,
              namespace,
              rules: readRules(object),
              isAggregated: object['aggregationRule'] !== undefined,
            })
          : checkBindingEscalation(current(), authorizer, { user, roleRef: readRoleRef(object), namespace });
      return refusalOf(result, resource, object);
    },
  };
};
