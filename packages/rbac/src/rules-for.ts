import { goQuote } from '@solo-kubelet/pod-spec/schema';
import type { Binding, PolicyRule, RbacPolicy, RoleRef, Subject } from './policy.js';
import { serviceAccountUsername, type UserInfo } from './user.js';

/** What a binding's role came to. */
export type RoleRules =
  | { readonly type: 'rules'; readonly rules: readonly PolicyRule[] }
  | { readonly type: 'notFound'; readonly resource: 'roles' | 'clusterroles'; readonly name: string; readonly message: string }
  | { readonly type: 'unsupportedKind'; readonly message: string };

/** The rules behind a role reference, made in `namespace` (`''` for a ClusterRoleBinding). */
export const rulesOfRole = (policy: RbacPolicy, { kind, name }: RoleRef, namespace: string): RoleRules => {
  switch (kind) {
    case 'Role':
      return found(policy.role(namespace, name), 'roles', name);
    case 'ClusterRole':
      return found(policy.clusterRole(name), 'clusterroles', name);
    default:
      return { type: 'unsupportedKind', message: `unsupported role reference kind: ${goQuote(kind)}` };
  }
};

const found = (rules: readonly PolicyRule[] | undefined, resource: 'roles' | 'clusterroles', name: string): RoleRules =>
  rules === undefined
    ? // The getters read informers' indexers, which name what is missing in the singular.
      { type: 'notFound', resource, name, message: `${resource.slice(0, -1)}.rbac.authorization.k8s.io ${goQuote(name)} not found` }
    : { type: 'rules', rules };

/** The first subject of a binding that is this user; undefined if none is. */
export const subjectOf = (user: UserInfo, { subjects, namespace }: Binding): Subject | undefined =>
  subjects.find((subject) => isUser(user, subject, namespace));

const isUser = (user: UserInfo, { kind, name, namespace }: Subject, bindingNamespace: string): boolean => {
  switch (kind) {
    case 'User':
      return user.username === name;
    case 'Group':
      return user.groups.includes(name);
    case 'ServiceAccount': {
      const home = namespace || bindingNamespace;
      return home !== '' && user.username === serviceAccountUsername(home, name);
    }
    default:
      return false;
  }
};

/** A rule with the binding that gives it to a subject, or what was wrong with a binding's role. */
export type Grant =
  | { readonly type: 'rule'; readonly rule: PolicyRule; readonly binding: Binding; readonly subject: Subject }
  | { readonly type: 'error'; readonly message: string };

/** All that bindings give a user in a namespace (`''`: cluster-wide only), cluster-wide ones first. */
export function* grantsFor(policy: RbacPolicy, user: UserInfo, namespace: string): Generator<Grant> {
  yield* grantsOf(policy, user, policy.clusterRoleBindings(), '');
  if (namespace !== '') yield* grantsOf(policy, user, policy.roleBindings(namespace), namespace);
}

function* grantsOf(policy: RbacPolicy, user: UserInfo, bindings: readonly Binding[], namespace: string): Generator<Grant> {
  for (const binding of bindings) {
    const subject = subjectOf(user, binding);
    if (subject === undefined) continue;
    const role = rulesOfRole(policy, binding.roleRef, namespace);
    if (role.type !== 'rules') {
      yield { type: 'error', message: role.message };
      continue;
    }
    for (const rule of role.rules) yield { type: 'rule', rule, binding, subject };
  }
}

export interface UserRules {
  readonly rules: readonly PolicyRule[];
  /** Roles that bindings name and that do not exist. */
  readonly errors: readonly string[];
}

/** The rules that apply to a user in a namespace. */
export const rulesFor = (policy: RbacPolicy, user: UserInfo, namespace: string): UserRules => {
  const grants = [...grantsFor(policy, user, namespace)];
  return {
    rules: grants.flatMap((grant) => (grant.type === 'rule' ? [grant.rule] : [])),
    errors: grants.flatMap((grant) => (grant.type === 'error' ? [grant.message] : [])),
  };
};

/** Several errors as Go's aggregate prints them: one as it is, more in brackets, each text once. */
export const aggregateMessage = (errors: readonly string[]): string => {
  const unique = [...new Set(errors)];
  return unique.length > 1 ? `[${unique.join(', ')}]` : (unique[0] ?? '');
};

/** `status` of a SelfSubjectRulesReview. */
export interface RulesReviewStatus {
  readonly resourceRules: readonly Omit<PolicyRule, 'nonResourceURLs'>[];
  readonly nonResourceRules: readonly Pick<PolicyRule, 'verbs' | 'nonResourceURLs'>[];
  readonly incomplete: boolean;
  readonly evaluationError?: string;
}

/** What a SelfSubjectRulesReview tells of a user's rules. */
export const rulesReviewStatus = ({ rules, errors }: UserRules): RulesReviewStatus => ({
  resourceRules: rules
    .filter(({ resources = [] }) => resources.length > 0)
    .map(({ verbs, apiGroups = [], resources = [], resourceNames = [] }) => ({
      verbs,
      ...(apiGroups.length > 0 && { apiGroups }),
      resources,
      ...(resourceNames.length > 0 && { resourceNames }),
    })),
  nonResourceRules: rules
    .filter(({ nonResourceURLs = [] }) => nonResourceURLs.length > 0)
    .map(({ verbs, nonResourceURLs = [] }) => ({ verbs, nonResourceURLs })),
  incomplete: false,
  ...(errors.length > 0 && { evaluationError: aggregateMessage(errors) }),
});
