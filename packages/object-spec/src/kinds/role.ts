import { type Report, validateLabelSelector } from '@solo-kubelet/pod-spec/schema';
import type { AggregationRule, ClusterRole, Role } from '../gen/object-types.js';
import { rbacNameErrors } from '../object/prepare-metadata.js';
import type { KindRules } from './kind-rules.js';
import { isUsableSelector } from './label-selection.js';
import { validatePolicyRules } from './policy-rule.js';

const validateRole = ({ rules }: Role, report: Report): void => validatePolicyRules(rules, { namespaced: true }, report);

const validateAggregation = ({ clusterRoleSelectors = [] }: AggregationRule, report: Report): void => {
  const field = 'aggregationRule.clusterRoleSelectors';
  if (clusterRoleSelectors.length === 0) report.required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil');
  for (const [i, selector] of clusterRoleSelectors.entries()) {
    validateLabelSelector(selector, `${field}[${i}]`, report);
    if (!isUsableSelector(selector)) report.invalidStructure(`${field}[${i}]`, undefined, 'invalid label selector.');
  }
};

const validateClusterRole = ({ rules, aggregationRule }: ClusterRole, report: Report): void => {
  validatePolicyRules(rules, { namespaced: false }, report);
  if (aggregationRule !== undefined) validateAggregation(aggregationRule, report);
};

export const roleRules: KindRules<Role> = {
  nameErrors: rbacNameErrors,
  countsGeneration: false,
  updateChecksMetadata: true,
  validate: validateRole,
  validateUpdate: (role, _old, report) => validateRole(role, report),
};

export const clusterRoleRules: KindRules<ClusterRole> = {
  nameErrors: rbacNameErrors,
  countsGeneration: false,
  updateChecksMetadata: true,
  validate: validateClusterRole,
  validateUpdate: (role, _old, report) => validateClusterRole(role, report),
};
