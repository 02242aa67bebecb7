import type { Authorizer } from './authorizer.js';
import { checkBindingEscalation, checkRoleEscalation, type EscalationResult } from './escalation.js';
import { type RbacPolicy, readBinding, readRules } from './policy.js';
import type { UserInfo } from './user.js';

export interface RbacWrite {
  readonly user: UserInfo;
  /** A Role, ClusterRole, RoleBinding or ClusterRoleBinding as it is to be stored. Other kinds are allowed. */
  readonly object: unknown;
  /** What is stored; absent on creation. */
  readonly old?: unknown;
  /** The name in the request's path: `''` on creation. */
  readonly requestName: string;
  /** `''` for the cluster's kinds. */
  readonly namespace: string;
}

interface WrittenObject {
  readonly kind?: unknown;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly aggregationRule?: { readonly clusterRoleSelectors?: unknown } | null;
}

/** Whether a write gives nobody more than the writer has. What the garbage collector writes (owners, finalizers) is never asked about. */
export const checkRbacWrite = (policy: RbacPolicy, authorizer: Authorizer, write: RbacWrite): EscalationResult => {
  const { user, object, old, requestName, namespace } = write;
  if (old !== undefined && sameBesidesOwnership(object, old)) return { type: 'allowed' };
  const { kind } = object as WrittenObject;
  switch (kind) {
    case 'Role':
    case 'ClusterRole': {
      const isAggregated = isAggregatedRole(object) || isAggregatedRole(old);
      const resource = kind === 'Role' ? 'roles' : 'clusterroles';
      return checkRoleEscalation(authorizer, { user, resource, name: requestName, namespace, rules: readRules(object), isAggregated });
    }
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return checkBindingEscalation(policy, authorizer, { user, roleRef: readBinding(object).roleRef, namespace });
    default:
      return { type: 'allowed' };
  }
};

const isAggregatedRole = (object: unknown): boolean => {
  const selectors = (object as WrittenObject | undefined)?.aggregationRule?.clusterRoleSelectors;
  return Array.isArray(selectors) && selectors.length > 0;
};

const sameBesidesOwnership = (object: unknown, old: unknown): boolean => sorted(withoutOwnership(object)) === sorted(withoutOwnership(old));

const withoutOwnership = (object: unknown): unknown => {
  const { metadata = {}, ...rest } = object as WrittenObject;
  const { ownerReferences: _owners, finalizers: _finalizers, managedFields: _managers, ...kept } = metadata;
  return { ...rest, metadata: kept };
};

/** JSON in which the order of keys does not matter, nor an empty list as against none. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(
          Object.entries(item)
            .filter(([, field]) => field !== null && !(Array.isArray(field) && field.length === 0))
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : item,
  );
