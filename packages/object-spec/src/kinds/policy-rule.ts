import type { Report } from '@solo-kubelet/pod-spec/schema';
import type { PolicyRule } from '../gen/object-types.js';

/** What a Role or a ClusterRole allows. */
export const validatePolicyRules = (
  rules: readonly PolicyRule[] | undefined,
  { namespaced }: { readonly namespaced: boolean },
  report: Report,
): void => {
  for (const [i, rule] of (rules ?? []).entries()) validatePolicyRule(rule, namespaced, `rules[${i}]`, report);
};

const validatePolicyRule = (rule: PolicyRule, namespaced: boolean, field: string, report: Report): void => {
  const { verbs = [], nonResourceURLs = [], apiGroups = [], resources = [], resourceNames = [] } = rule;
  if (verbs.length === 0) report.required(`${field}.verbs`, 'verbs must contain at least one value');
  if (nonResourceURLs.length > 0) {
    const refuse = (detail: string) => report.invalidStructure(`${field}.nonResourceURLs`, nonResourceURLs, detail);
    if (namespaced) refuse('namespaced rules cannot apply to non-resource URLs');
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      refuse('rules cannot apply to both regular resources and non-resource URLs');
    }
    return;
  }
  if (apiGroups.length === 0) report.required(`${field}.apiGroups`, 'resource rules must supply at least one api group');
  if (resources.length === 0) report.required(`${field}.resources`, 'resource rules must supply at least one resource');
};
