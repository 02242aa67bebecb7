import { goQuote } from '@solo-kubelet/pod-spec/schema';
import type { Authorizer } from './authorizer.js';
import { describeRules, uncoveredRules } from './covers.js';
import type { PolicyRule, RbacPolicy, RoleRef } from './policy.js';
import { quotedList } from './quoted-list.js';
import type { ResourceAttributes } from './request-attributes.js';
import { aggregateMessage, rulesOfRole } from './rules-for.js';
import { SYSTEM_MASTERS, type UserInfo } from './user.js';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

export type EscalationResult =
  | { readonly type: 'allowed' }
  /** `message` follows `roles.rbac.authorization.k8s.io "x" is forbidden: ` in the answer. */
  | { readonly type: 'forbidden'; readonly message: string }
  /** The role of a binding does not exist; the answer names the binding's kind and the role's name. */
  | { readonly type: 'roleNotFound'; readonly name: string }
  | { readonly type: 'unsupportedRoleKind'; readonly message: string };

const ALLOWED: EscalationResult = { type: 'allowed' };

export interface RoleWrite {
  readonly user: UserInfo;
  readonly resource: 'roles' | 'clusterroles';
  /** Of the request: `''` when a collection is posted to. */
  readonly name: string;
  /** `''` for a ClusterRole. */
  readonly namespace: string;
  readonly rules: readonly PolicyRule[];
  /** A ClusterRole with an aggregation rule gets what its selectors find: only who may do all may write one. */
  readonly isAggregated?: boolean;
}

const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** Whether somebody may write a role with these rules: by holding all of them, or by the verb `escalate`. */
export const checkRoleEscalation = (authorizer: Authorizer, write: RoleWrite): EscalationResult => {
  const { user, resource, name, namespace, rules, isAggregated = false } = write;
  if (isSuperuser(user)) return ALLOWED;
  const escalate: ResourceAttributes = { ...onRoles('escalate', resource, namespace), name };
  if (authorizer.authorize(user, escalate).allowed) return ALLOWED;
  const held = checkHeld(authorizer, user, namespace, rules);
  if (held.type !== 'allowed' || !isAggregated) return held;
  return checkHeld(authorizer, user, namespace, EVERYTHING).type === 'allowed'
    ? ALLOWED
    : { type: 'forbidden', message: 'must have cluster-admin privileges to use the aggregationRule' };
};

export interface BindingWrite {
  readonly user: UserInfo;
  readonly roleRef: RoleRef;
  /** `''` for a ClusterRoleBinding. */
  readonly namespace: string;
}

/** Whether somebody may bind a role: by the verb `bind` on it, or by holding all that it allows. */
export const checkBindingEscalation = (policy: RbacPolicy, authorizer: Authorizer, write: BindingWrite): EscalationResult => {
  const { user, roleRef, namespace } = write;
  if (isSuperuser(user)) return ALLOWED;
  const resource = BOUND[roleRef.kind];
  if (resource !== undefined && Object.hasOwn(BOUND, roleRef.kind)) {
    const bind: ResourceAttributes = {
      ...onRoles('bind', resource, namespace),
      apiGroup: roleRef.apiGroup ?? RBAC_GROUP,
      name: roleRef.name,
    };
    if (authorizer.authorize(user, bind).allowed) return ALLOWED;
  }
  const role = rulesOfRole(policy, roleRef, namespace);
  switch (role.type) {
    case 'rules':
      return checkHeld(authorizer, user, namespace, role.rules);
    case 'notFound':
      return { type: 'roleNotFound', name: role.name };
    case 'unsupportedKind':
      return { type: 'unsupportedRoleKind', message: role.message };
  }
};

const BOUND: Readonly<Record<string, 'roles' | 'clusterroles'>> = { Role: 'roles', ClusterRole: 'clusterroles' };

const isSuperuser = ({ groups }: UserInfo): boolean => groups.includes(SYSTEM_MASTERS);

const onRoles = (verb: string, resource: string, namespace: string): ResourceAttributes => ({
  type: 'resource',
  verb,
  apiGroup: RBAC_GROUP,
  apiVersion: '*',
  resource,
  subresource: '',
  name: '',
  namespace,
});

const checkHeld = (authorizer: Authorizer, user: UserInfo, namespace: string, wanted: readonly PolicyRule[]): EscalationResult => {
  const { rules, errors } = authorizer.rulesFor(user, namespace);
  const missing = uncoveredRules(rules, wanted);
  if (missing.length === 0) return ALLOWED;
  const resolution = errors.length > 0 ? `; resolution errors: [${aggregateMessage(errors)}]` : '';
  return {
    type: 'forbidden',
    message:
      `user ${goQuote(user.username)} (groups=${quotedList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n` +
      `${describeRules(missing).join('\n')}${resolution}`,
  };
};
