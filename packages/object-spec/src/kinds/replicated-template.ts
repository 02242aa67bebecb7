import type { LabelSelector } from '@solo-kubelet/pod-spec';
import { type Report, validateLabelSelector } from '@solo-kubelet/pod-spec/schema';
import type { PodTemplateSpec } from '../gen/object-types.js';
import type { ObjectPolicy } from './kind-rules.js';
import { isEmptySelector, isUsableSelector, validateTemplateMatches } from './label-selection.js';
import { validateTemplate } from './pod-template.js';

/** A selector that must be there and choose something. */
export const validateOwnSelector = (selector: LabelSelector | undefined, kind: string, field: string, report: Report): void => {
  if (selector === undefined) {
    report.required(field);
    return;
  }
  validateLabelSelector(selector, field, report);
  if (isEmptySelector(selector)) report.invalidStructure(field, {}, `empty selector is invalid for ${kind}`);
};

/** Pods of such a workload run for good. */
export const validateRunsForGood = ({ spec }: PodTemplateSpec, kind: string, field: string, report: Report): void => {
  const restartPolicy = spec?.restartPolicy ?? '';
  if (restartPolicy !== 'Always') report.notSupported(`${field}.spec.restartPolicy`, restartPolicy, ['Always']);
  if (spec?.activeDeadlineSeconds !== undefined) {
    report.forbidden(`${field}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kind} is not Supported`);
  }
};

/** Selector and template of a Deployment or a ReplicaSet; both give the same words. */
export const validateReplicatedTemplate = (
  { selector, template = {} }: { readonly selector?: LabelSelector; readonly template?: PodTemplateSpec },
  report: Report,
  policy: ObjectPolicy,
): void => {
  validateOwnSelector(selector, 'deployment', 'spec.selector', report);
  if (!isUsableSelector(selector)) {
    report.invalidStructure('spec.selector', selector, 'invalid label selector');
    return;
  }
  validateTemplateMatches(selector, template.metadata?.labels, 'spec.template', report);
  validateTemplate(template, 'spec.template', report, policy);
  validateRunsForGood(template, 'ReplicaSet', 'spec.template', report);
};
