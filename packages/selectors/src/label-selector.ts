import type { LabelSelector } from '@solo-kubelet/pod-spec';
import {
  createRequirement,
  formatRequirement,
  type LabelRequirement,
  type Labels,
  matchesRequirement,
  type RequirementOperator,
} from './label-requirement.js';
import { type LabelRequirements, type LabelSelectorResult, sortedByKey } from './parse-label-selector.js';

export const matchesLabels = (requirements: LabelRequirements, labels: Labels = {}): boolean =>
  requirements?.every((requirement) => matchesRequirement(requirement, labels)) ?? false;

/** The text of a selector, values and keys sorted; "" for everything and for nothing. */
export const formatRequirements = (requirements: LabelRequirements): string => (requirements ?? []).map(formatRequirement).join(',');

const OPERATORS: Readonly<Record<string, RequirementOperator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };

/** What a LabelSelector of an object asks for: an absent one nothing, an empty one everything (metav1.LabelSelectorAsSelector). */
export const labelSelectorRequirements = (selector: LabelSelector | null | undefined): LabelSelectorResult => {
  if (selector === null || selector === undefined) return { ok: true, requirements: null };
  const requirements: LabelRequirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    const result = createRequirement(key, '=', [value]);
    if (!result.ok) return result;
    requirements.push(result.requirement);
  }
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    if (!Object.hasOwn(OPERATORS, operator ?? '')) {
      return { ok: false, error: `${JSON.stringify(operator ?? '')} is not a valid label selector operator` };
    }
    const result = createRequirement(key ?? '', OPERATORS[operator]!, values ?? []);
    if (!result.ok) return result;
    requirements.push(result.requirement);
  }
  return { ok: true, requirements: sortedByKey(requirements) };
};

/** The object form of requirements; undefined where there is none: `!=`, `>` and `<` (metav1.ParseToLabelSelector). */
export const toLabelSelector = (requirements: readonly LabelRequirement[]): LabelSelector | undefined => {
  const matchLabels: Record<string, string> = {};
  const matchExpressions: NonNullable<LabelSelector['matchExpressions']>[number][] = [];
  for (const { key, operator, values } of requirements) {
    switch (operator) {
      case '=':
      case '==':
        matchLabels[key] = values[0]!;
        break;
      case 'in':
        matchExpressions.push({ key, operator: 'In', values });
        break;
      case 'notin':
        matchExpressions.push({ key, operator: 'NotIn', values });
        break;
      case 'exists':
        matchExpressions.push({ key, operator: 'Exists' });
        break;
      case '!':
        matchExpressions.push({ key, operator: 'DoesNotExist' });
        break;
      default:
        return undefined;
    }
  }
  return {
    ...(Object.keys(matchLabels).length > 0 && { matchLabels }),
    ...(matchExpressions.length > 0 && { matchExpressions }),
  };
};

/** As kubectl prints a selector in a table: `<none>` for an empty one, `<error>` for an invalid one. */
export const formatLabelSelector = (selector: LabelSelector | null | undefined): string => {
  const result = labelSelectorRequirements(selector);
  return result.ok ? formatRequirements(result.requirements) || '<none>' : '<error>';
};
