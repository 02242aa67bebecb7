import { fillPodTemplate, type Report, subdomainNameErrors, validateLabelSelector } from '@solo-kubelet/pod-spec/schema';
import type { DaemonSet, DaemonSetUpdateStrategy } from '../gen/object-types.js';
import { isSameField } from '../object/same-value.js';
import { podTemplateWarnings } from '../warnings/pod-template.js';
import { validateUnchanged } from './immutable-field.js';
import { intOrPercentValue, validateAtMostAll, validateIntOrPercent, validateNotNegative } from './int-or-percent.js';
import { parseInt64 } from './int64-annotation.js';
import { internalStrategy } from './internal-strategy.js';
import type { KindRules, ObjectPolicy } from './kind-rules.js';
import { isEmptySelector, isUsableSelector, validateTemplateMatches } from './label-selection.js';
import { validateTemplate } from './pod-template.js';
import { dropDisabledFields } from './pod-template-fields.js';
import { validateRunsForGood } from './replicated-template.js';

/** Counts changes of the template; a field of versions of the API that are gone. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

const templateGeneration = ({ metadata }: DaemonSet): bigint => parseInt64(metadata.annotations?.[TEMPLATE_GENERATION] ?? '') ?? 0n;

const validateStrategy = ({ type, rollingUpdate }: DaemonSetUpdateStrategy, field: string, report: Report): void => {
  if (type === 'OnDelete') return;
  if (type !== 'RollingUpdate') {
    report.notSupportedStructure(field, internalStrategy(type, rollingUpdate), ['RollingUpdate', 'OnDelete']);
    return;
  }
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
  const at = `${field}.rollingUpdate`;
  validateIntOrPercent(maxUnavailable, `${at}.maxUnavailable`, report);
  validateIntOrPercent(maxSurge, `${at}.maxSurge`, report);
  validateAtMostAll(maxUnavailable, `${at}.maxUnavailable`, report);
  validateAtMostAll(maxSurge, `${at}.maxSurge`, report);
  const [hasUnavailable, hasSurge] = [intOrPercentValue(maxUnavailable) !== 0, intOrPercentValue(maxSurge) !== 0];
  if (hasUnavailable && hasSurge) report.invalid(`${at}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero');
  if (!hasUnavailable && !hasSurge) report.required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0');
};

const validate = (object: DaemonSet, report: Report, policy: ObjectPolicy): void => {
  const { selector, template, updateStrategy = {}, minReadySeconds, revisionHistoryLimit } = object.spec;
  validateLabelSelector(selector, 'spec.selector', report);
  if (isUsableSelector(selector)) validateTemplateMatches(selector, template.metadata?.labels, 'spec.template', report);
  if (selector !== undefined && isEmptySelector(selector)) {
    report.invalidStructure('spec.selector', {}, 'empty selector is invalid for daemonset');
  }
  validateTemplate(template, 'spec.template', report, policy);
  validateRunsForGood(template, 'DaemonSet', 'spec.template', report);
  validateNotNegative(minReadySeconds, 'spec.minReadySeconds', report);
  validateNotNegative(templateGeneration(object), 'spec.templateGeneration', report);
  validateStrategy(updateStrategy, 'spec.updateStrategy', report);
  validateNotNegative(revisionHistoryLimit, 'spec.revisionHistoryLimit', report);
};

export const daemonSetRules: KindRules<DaemonSet> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  updateChecksMetadata: false,
  conversionError: ({ metadata }) => {
    const value = metadata.annotations?.[TEMPLATE_GENERATION];
    if (value === undefined || parseInt64(value) !== undefined) return undefined;
    return { field: 'metadata.annotations', message: `annotation ${TEMPLATE_GENERATION}: ${JSON.stringify(value)} is no whole number` };
  },
  fillDefaults: ({ spec }) => {
    spec.updateStrategy ??= {};
    const { updateStrategy } = spec;
    updateStrategy.type ||= 'RollingUpdate';
    if (updateStrategy.type === 'RollingUpdate') {
      updateStrategy.rollingUpdate ??= {};
      updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    if (updateStrategy.rollingUpdate !== undefined) {
      updateStrategy.rollingUpdate.maxUnavailable ??= 0;
      updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
    fillPodTemplate(spec.template);
  },
  prepareCreate: (object) => {
    const generation = templateGeneration(object as DaemonSet);
    object.metadata.annotations = { ...object.metadata.annotations, [TEMPLATE_GENERATION]: String(generation < 1n ? 1n : generation) };
    dropDisabledFields(object.spec.template);
  },
  prepareUpdate: (object, old) => {
    dropDisabledFields(object.spec.template, old.spec.template);
    const isChanged = !isSameField('DaemonSetSpec', 'template', object.spec, old.spec);
    const generation = templateGeneration(old) + (isChanged ? 1n : 0n);
    object.metadata.annotations = { ...object.metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
  },
  validate,
  validateUpdate: (object, old, report, policy) => {
    validate(object, report, policy);
    validateUnchanged({ struct: 'DaemonSetSpec', name: 'selector', field: 'spec.selector' }, object.spec, old.spec, report);
  },
  warnings: (object, update) =>
    update === undefined || templateGeneration(object) !== templateGeneration(update.old)
      ? podTemplateWarnings(object.spec.template, 'spec.template')
      : [],
};
