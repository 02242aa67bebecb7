import { goQuote } from '@solo-kubelet/pod-spec/schema';
import type { Binding, RbacPolicy, Subject } from './policy.js';
import type { RequestAttributes } from './request-attributes.js';
import { ruleAllows } from './rule-allows.js';
import { aggregateMessage, grantsFor, rulesFor, type UserRules } from './rules-for.js';
import { SYSTEM_MASTERS, type UserInfo } from './user.js';

export interface Decision {
  readonly allowed: boolean;
  /** Why, in Kubernetes' words; often `''`, which is what reviews then leave out. */
  readonly reason: string;
}

export interface Authorizer {
  readonly authorize: (user: UserInfo, request: RequestAttributes) => Decision;
  /** What SelfSubjectRulesReview tells. */
  readonly rulesFor: (user: UserInfo, namespace: string) => UserRules;
}

/** Lets everybody do everything (`--authorization-mode=AlwaysAllow`). */
export const alwaysAllow: Authorizer = {
  authorize: () => ({ allowed: true, reason: '' }),
  rulesFor: () => ({
    rules: [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ],
    errors: [],
  }),
};

/** `--authorization-mode=RBAC`: members of `system:masters` may do all, everybody else what roles and bindings allow. */
export const createRbacAuthorizer = (policy: RbacPolicy): Authorizer => ({
  authorize: (user, request) => authorise(policy, user, request),
  rulesFor: (user, namespace) => rulesFor(policy, user, namespace),
});

/** Decides a request by roles and bindings. Rules only ever add rights, so the first that allows is enough. */
export const authorise = (policy: RbacPolicy, user: UserInfo, request: RequestAttributes): Decision => {
  if (user.groups.includes(SYSTEM_MASTERS)) return { allowed: true, reason: '' };
  const errors: string[] = [];
  for (const grant of grantsFor(policy, user, request.type === 'resource' ? request.namespace : '')) {
    if (grant.type === 'error') {
      errors.push(grant.message);
    } else if (ruleAllows(grant.rule, request)) {
      return { allowed: true, reason: `RBAC: allowed by ${describeBinding(grant.binding, grant.subject)}` };
    }
  }
  return { allowed: false, reason: errors.length > 0 ? `RBAC: ${aggregateMessage(errors)}` : '' };
};

const describeBinding = ({ name, namespace, roleRef }: Binding, subject: Subject): string => {
  const binding = namespace === '' ? `ClusterRoleBinding ${goQuote(name)}` : `RoleBinding ${goQuote(`${name}/${namespace}`)}`;
  return `${binding} of ${roleRef.kind} ${goQuote(roleRef.name)} to ${describeSubject(subject, namespace)}`;
};

const describeSubject = ({ kind, name, namespace }: Subject, bindingNamespace: string): string =>
  `${kind} ${goQuote(kind === 'ServiceAccount' ? `${name}/${namespace || bindingNamespace}` : name)}`;
