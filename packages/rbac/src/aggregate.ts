import type { LabelSelector } from '@solo-kubelet/pod-spec';
import { type LabelRequirements, labelSelectorRequirements, matchesLabels } from '@solo-kubelet/selectors';
import type { PolicyRule } from './policy.js';

export interface AggregatableRole {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly rules?: readonly PolicyRule[] | null;
  readonly aggregationRule?: { readonly clusterRoleSelectors?: readonly LabelSelector[] } | null;
}

/**
 * The rules an aggregated ClusterRole should have: those of all roles that one of its selectors finds, by name, each once. undefined: its
 * rules are its own. What a selector finds counts as it is now, so roles that aggregate each other settle after a few passes.
 */
export const aggregateRules = (role: AggregatableRole, clusterRoles: readonly AggregatableRole[]): readonly PolicyRule[] | undefined => {
  if (role.aggregationRule === undefined || role.aggregationRule === null) return undefined;
  const selectors = role.aggregationRule.clusterRoleSelectors ?? [];
  const byName = clusterRoles.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const rules = new Map<string, PolicyRule>();
  for (const requirements of selectors.map(requirementsOf)) {
    const found = byName.filter(({ metadata }) => metadata.name !== role.metadata.name && matchesLabels(requirements, metadata.labels));
    for (const rule of found.flatMap((other) => other.rules ?? [])) {
      const key = ruleKey(rule);
      if (!rules.has(key)) rules.set(key, rule);
    }
  }
  return [...rules.values()];
};

const requirementsOf = (selector: LabelSelector): LabelRequirements => {
  const result = labelSelectorRequirements(selector);
  return result.ok ? result.requirements : null;
};

const ruleKey = ({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule): string =>
  JSON.stringify([verbs, apiGroups, resources, resourceNames, nonResourceURLs]);

/** The deepest chain of roles that gather from each other which is followed in one go. */
const MAX_PASSES = 16;

/** All ClusterRoles, with the rules of aggregated ones filled in until nothing changes (the controller manager's clusterrole-aggregation). */
export const aggregateClusterRoles = <Role extends AggregatableRole>(clusterRoles: readonly Role[]): readonly Role[] => {
  let roles = clusterRoles;
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const before = roles;
    const after = before.map((role) => {
      const rules = aggregateRules(role, before);
      return rules === undefined || sameRules(rules, role.rules ?? []) ? role : { ...role, rules };
    });
    if (after.every((role, index) => role === before[index])) return before;
    roles = after;
  }
  return roles;
};

const sameRules = (a: readonly PolicyRule[], b: readonly PolicyRule[]): boolean =>
  a.length === b.length && a.every((rule, index) => ruleKey(rule) === ruleKey(b[index]!));
