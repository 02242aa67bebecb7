import type {
  Affinity,
  NodeAffinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
} from '../gen/pod-types.js';
import { dnsLabelErrors, dnsSubdomainErrors, labelValueErrors } from './grammar.js';
import { validateLabelName, validateLabelSelector } from './labels.js';
import { validateMatchLabelKeys } from './match-label-keys.js';
import type { Report } from './report.js';

export const validateAffinity = ({ nodeAffinity, podAffinity, podAntiAffinity }: Affinity, field: string, report: Report): void => {
  if (nodeAffinity) validateNodeAffinity(nodeAffinity, `${field}.nodeAffinity`, report);
  if (podAffinity) validatePodAffinity(podAffinity, `${field}.podAffinity`, report);
  if (podAntiAffinity) validatePodAffinity(podAntiAffinity, `${field}.podAntiAffinity`, report);
};

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

const validateWeight = (weight: number | undefined, field: string, report: Report): void => {
  const value = weight ?? 0;
  if (value <= 0 || value > 100) report.invalid(`${field}.weight`, value, 'must be in the range 1-100');
};

const validateNodeAffinity = (affinity: NodeAffinity, field: string, report: Report): void => {
  const required = affinity[REQUIRED];
  if (required) validateNodeSelector(required, `${field}.${REQUIRED}`, report);
  for (const [i, { weight, preference }] of (affinity[PREFERRED] ?? []).entries()) {
    const at = `${field}.${PREFERRED}[${i}]`;
    validateWeight(weight, at, report);
    validateNodeSelectorTerm(preference ?? {}, { checkValues: false }, `${at}.preference`, report);
  }
};

/** Nodes that must be one of these. */
export const validateNodeSelector = ({ nodeSelectorTerms: terms = [] }: Partial<NodeSelector>, field: string, report: Report): void => {
  const at = `${field}.nodeSelectorTerms`;
  if (terms.length === 0) report.required(at, 'must have at least one node selector term');
  for (const [i, term] of terms.entries()) validateNodeSelectorTerm(term, { checkValues: true }, `${at}[${i}]`, report);
};

/** The values of a preference need not be label values, as a preference harms nothing. */
const validateNodeSelectorTerm = (
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  { checkValues }: { readonly checkValues: boolean },
  field: string,
  report: Report,
): void => {
  for (const [i, requirement] of matchExpressions.entries()) {
    const at = `${field}.matchExpressions[${i}]`;
    validateNodeLabels(requirement, at, report);
    if (!checkValues) continue;
    for (const [j, value] of (requirement.values ?? []).entries()) {
      report.invalidEach(`${at}.values[${j}]`, value, labelValueErrors(value));
    }
  }
  for (const [i, requirement] of matchFields.entries()) validateNodeFields(requirement, `${field}.matchFields[${i}]`, report);
};

const validateNodeLabels = ({ key = '', operator, values = [] }: NodeSelectorRequirement, field: string, report: Report): void => {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) report.required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) report.forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) report.required(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'");
      break;
    default:
      report.invalid(`${field}.operator`, operator ?? '', 'not a valid selector operator');
  }
  validateLabelName(key, `${field}.key`, report);
};

/** The one field of a node that can be asked for is its name. */
const validateNodeFields = ({ key = '', operator, values = [] }: NodeSelectorRequirement, field: string, report: Report): void => {
  if (operator !== 'In' && operator !== 'NotIn') report.invalid(`${field}.operator`, operator ?? '', 'not a valid selector operator');
  else if (values.length !== 1) {
    report.required(`${field}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
  }
  if (key !== 'metadata.name') report.invalid(`${field}.key`, key, 'not a valid field selector key');
  else for (const [i, value] of values.entries()) report.invalidEach(`${field}.values[${i}]`, value, dnsSubdomainErrors(value));
};

/** Affinity to Pods, or from them. */
const validatePodAffinity = (affinity: PodAffinity, field: string, report: Report): void => {
  for (const [i, term] of (affinity[REQUIRED] ?? []).entries()) validatePodTerm(term, `${field}.${REQUIRED}[${i}]`, report);
  for (const [i, { weight, podAffinityTerm }] of (affinity[PREFERRED] ?? []).entries()) {
    const at = `${field}.${PREFERRED}[${i}]`;
    validateWeight(weight, at, report);
    validatePodTerm(podAffinityTerm ?? { topologyKey: '' }, `${at}.podAffinityTerm`, report);
  }
};

const validatePodTerm = (term: PodAffinityTerm, field: string, report: Report): void => {
  const { topologyKey = '' } = term;
  validateLabelSelector(term.labelSelector, `${field}.labelSelector`, report);
  validateLabelSelector(term.namespaceSelector, `${field}.namespaceSelector`, report);
  for (const name of term.namespaces ?? []) report.invalidEach(`${field}.namespace`, name, dnsLabelErrors(name));
  validateMatchLabelKeys(term, field, report);
  if (topologyKey === '') report.required(`${field}.topologyKey`, 'can not be empty');
  validateLabelName(topologyKey, `${field}.topologyKey`, report);
};
