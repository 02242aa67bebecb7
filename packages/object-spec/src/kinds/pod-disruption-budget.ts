import { type Report, validateLabelSelector } from '@solo-kubelet/pod-spec/schema';
import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from '../gen/object-types.js';
import { pathSegmentNameErrors } from '../object/prepare-metadata.js';
import { validateAtMostAll, validateIntOrPercent } from './int-or-percent.js';
import type { KindRules } from './kind-rules.js';

/** Stands in stored selectors for what an empty one meant in version v1beta1. */
const V1BETA1_LABEL = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match';

type Requirement = NonNullable<NonNullable<PodDisruptionBudgetSpec['selector']>['matchExpressions']>[number];

/** The selector that stands for "no Pod" there. */
const isMatchNone = (requirements: readonly Requirement[], labels: object): boolean =>
  requirements.length === 1 &&
  requirements[0]?.operator === 'Exists' &&
  (requirements[0].values ?? []).length === 0 &&
  Object.keys(labels).length === 0;

const validate = ({ spec = {} }: PodDisruptionBudget, report: Report): void => {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    report.invalidStructure('spec', spec, 'minAvailable and maxUnavailable cannot be both set');
  }
  for (const [name, value] of Object.entries({ minAvailable, maxUnavailable })) {
    if (value === undefined) continue;
    validateIntOrPercent(value, `spec.${name}`, report);
    validateAtMostAll(value, `spec.${name}`, report);
  }
  validateLabelSelector(selector, 'spec.selector', report);
  const policies = ['AlwaysAllow', 'IfHealthyBudget'];
  if (policy !== undefined && !policies.includes(policy)) report.notSupported('spec.unhealthyPodEvictionPolicy', policy, policies);
};

export const podDisruptionBudgetRules: KindRules<PodDisruptionBudget> = {
  nameErrors: pathSegmentNameErrors,
  countsGeneration: true,
  createChecksMetadata: false,
  updateChecksMetadata: false,
  checksMetadataUpdate: false,
  fillDefaults: ({ spec }) => {
    const requirements = spec?.selector?.matchExpressions;
    if (spec?.selector === undefined || requirements === undefined) return;
    const others = requirements.filter(({ key }) => key !== V1BETA1_LABEL);
    if (others.length > 0 || !isMatchNone(requirements, spec.selector.matchLabels ?? {})) spec.selector.matchExpressions = others;
  },
  validate,
  validateUpdate: (budget, _old, report) => validate(budget, report),
};
