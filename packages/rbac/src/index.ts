export { type AggregatableRole, aggregateClusterRoles, aggregateRules } from './aggregate.js';
export { type Authorizer, alwaysAllow, authorise, createRbacAuthorizer, type Decision } from './authorizer.js';
export { type BindingObject, type DefaultRbacObjects, defaultRbacObjects, type RoleObject } from './default-objects.js';
export { type BindingWrite, checkBindingEscalation, checkRoleEscalation, type EscalationResult, type RoleWrite } from './escalation.js';
export { type ForbiddenStatus, forbiddenMessage, forbiddenStatus, statusForbidden } from './forbidden.js';
export { type ImpersonationMode, type ImpersonationRequest, type ImpersonationResult, impersonate } from './impersonation.js';
export { type DistinctHeaders, type ImpersonationHeaders, readImpersonationHeaders, type WantedUser } from './impersonation-headers.js';
export {
  type Binding,
  createPolicy,
  type PolicyRule,
  type RbacObjects,
  type RbacPolicy,
  type RoleRef,
  readBinding,
  readRoleRef,
  readRules,
  type Subject,
} from './policy.js';
export { checkRbacWrite, type RbacWrite } from './rbac-write.js';
export {
  type PathAttributes,
  type RequestAttributes,
  type RequestLine,
  type ResourceAttributes,
  requestAttributesOf,
} from './request-attributes.js';
export { ruleAllows } from './rule-allows.js';
export { type RulesReviewStatus, rulesFor, rulesReviewStatus, type UserRules } from './rules-for.js';
export {
  ANONYMOUS_USER,
  ANONYMOUS_USERNAME,
  authenticatedUser,
  nodeOfUsername,
  SYSTEM_AUTHENTICATED,
  SYSTEM_MASTERS,
  SYSTEM_UNAUTHENTICATED,
  serviceAccountGroups,
  serviceAccountUsername,
  splitServiceAccountUsername,
  type UserInfo,
} from './user.js';
