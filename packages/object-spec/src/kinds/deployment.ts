import { fillPodTemplate, type Report, subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import type { Deployment, DeploymentStrategy } from '../gen/object-types.js';
import { isSameField } from '../object/same-value.js';
import { podNameWarnings } from '../warnings/pod-name.js';
import { podTemplateWarnings } from '../warnings/pod-template.js';
import { validateUnchanged } from './immutable-field.js';
import { intOrPercentValue, validateAtMostAll, validateIntOrPercent, validateNotNegative } from './int-or-percent.js';
import { canonicalInt64, parseInt64 } from './int64-annotation.js';
import { internalStrategy } from './internal-strategy.js';
import type { KindRules, ObjectPolicy } from './kind-rules.js';
import { dropDisabledFields } from './pod-template-fields.js';
import { validateReplicatedTemplate } from './replicated-template.js';

/** Holds what `spec.rollbackTo` held in versions of the API that are gone. */
const ROLLBACK_TO = 'deprecated.deployment.rollback.to';

const validateStrategy = ({ type, rollingUpdate }: DeploymentStrategy, field: string, report: Report): void => {
  if (type === 'Recreate') {
    if (rollingUpdate !== undefined) {
      report.forbidden(`${field}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'");
    }
    return;
  }
  if (type !== 'RollingUpdate') {
    report.notSupportedStructure(field, internalStrategy(type, rollingUpdate), ['Recreate', 'RollingUpdate']);
    return;
  }
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
  const at = `${field}.rollingUpdate`;
  validateIntOrPercent(maxUnavailable, `${at}.maxUnavailable`, report);
  validateIntOrPercent(maxSurge, `${at}.maxSurge`, report);
  if (intOrPercentValue(maxUnavailable) === 0 && intOrPercentValue(maxSurge) === 0) {
    report.invalid(`${at}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0');
  }
  validateAtMostAll(maxUnavailable, `${at}.maxUnavailable`, report);
};

const validate = ({ metadata, spec }: Deployment, report: Report, policy: ObjectPolicy): void => {
  validateNotNegative(spec.replicas, 'spec.replicas', report);
  validateReplicatedTemplate(spec, report, policy);
  validateStrategy(spec.strategy ?? {}, 'spec.strategy', report);
  const { minReadySeconds = 0, progressDeadlineSeconds } = spec;
  validateNotNegative(minReadySeconds, 'spec.minReadySeconds', report);
  validateNotNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit', report);
  const rollback = metadata.annotations?.[ROLLBACK_TO];
  if (rollback !== undefined) validateNotNegative(parseInt64(rollback), 'spec.rollback.version', report);
  validateNotNegative(progressDeadlineSeconds, 'spec.progressDeadlineSeconds', report);
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= minReadySeconds) {
    report.invalid('spec.progressDeadlineSeconds', progressDeadlineSeconds, 'must be greater than minReadySeconds');
  }
};

export const deploymentRules: KindRules<Deployment> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  updateChecksMetadata: false,
  conversionError: ({ metadata }) => {
    const value = metadata.annotations?.[ROLLBACK_TO] ?? '';
    if (value === '' || parseInt64(value) !== undefined) return undefined;
    return { field: 'metadata.annotations', message: `failed to parse annotation[${ROLLBACK_TO}]=${value} as int64` };
  },
  fillDefaults: ({ metadata, spec }) => {
    canonicalInt64(metadata, ROLLBACK_TO);
    spec.replicas ??= 1;
    spec.strategy ??= {};
    const { strategy } = spec;
    strategy.type ||= 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') {
      strategy.rollingUpdate ??= {};
      strategy.rollingUpdate.maxUnavailable ??= '25%';
      strategy.rollingUpdate.maxSurge ??= '25%';
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    fillPodTemplate(spec.template);
  },
  prepareCreate: ({ spec }) => dropDisabledFields(spec.template),
  prepareUpdate: ({ spec }, old) => dropDisabledFields(spec.template, old.spec.template),
  validate,
  validateUpdate: (object, old, report, policy) => {
    validate(object, report, policy);
    validateUnchanged({ struct: 'DeploymentSpec', name: 'selector', field: 'spec.selector' }, object.spec, old.spec, report);
  },
  // Annotations count too, as they are copied to the ReplicaSets.
  isCountedChange: (object, old) =>
    !isSameField('Deployment', 'spec', object, old) || !isSameField('ObjectMeta', 'annotations', object.metadata, old.metadata),
  warnings: ({ metadata, spec }, update) => {
    if (update !== undefined && !update.counted) return [];
    const ofTemplate = podTemplateWarnings(spec.template, 'spec.template');
    return update === undefined ? [...podNameWarnings(metadata.name ?? ''), ...ofTemplate] : ofTemplate;
  },
};
