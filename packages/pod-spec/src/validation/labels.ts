import type { LabelSelector, LabelSelectorRequirement } from '../gen/pod-types.js';
import { labelValueErrors, qualifiedNameErrors } from './grammar.js';
import type { Report } from './report.js';

export const validateLabelName = (name: string, field: string, report: Report): void =>
  report.invalidEach(field, name, qualifiedNameErrors(name));

export const validateLabels = (labels: Readonly<Record<string, string>> | undefined, field: string, report: Report): void => {
  for (const [key, value] of Object.entries(labels ?? {})) {
    validateLabelName(key, field, report);
    report.invalidEach(field, value, labelValueErrors(value));
  }
};

export const validateLabelSelector = (selector: LabelSelector | undefined, field: string, report: Report): void => {
  if (selector === undefined) return;
  validateLabels(selector.matchLabels, `${field}.matchLabels`, report);
  for (const [i, requirement] of (selector.matchExpressions ?? []).entries()) {
    validateRequirement(requirement, `${field}.matchExpressions[${i}]`, report);
  }
};

const validateRequirement = (requirement: LabelSelectorRequirement, field: string, report: Report): void => {
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) report.required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) report.forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      break;
    default:
      report.invalid(`${field}.operator`, requirement.operator ?? '', 'not a valid selector operator');
  }
  validateLabelName(requirement.key ?? '', `${field}.key`, report);
  for (const [i, value] of values.entries()) report.invalidEach(`${field}.values[${i}]`, value, labelValueErrors(value));
};
