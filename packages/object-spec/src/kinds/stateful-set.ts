import {
  dnsLabelErrors,
  fillClaimSpec,
  fillPodTemplate,
  labelNameErrors,
  type Report,
  validateClaimSpec,
} from '@solo-kubelet/pod-spec/schema';
import type { PodTemplateSpec, StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from '../gen/object-types.js';
import { isSameStruct } from '../object/same-value.js';
import { claimSpecWarnings } from '../warnings/claim-spec.js';
import { podTemplateWarnings } from '../warnings/pod-template.js';
import { intOrPercentValue, validateAtMostAll, validateIntOrPercent, validateNotNegative } from './int-or-percent.js';
import type { KindRules, ObjectPolicy } from './kind-rules.js';
import { isUsableSelector, validateTemplateMatches } from './label-selection.js';
import { validateTemplate } from './pod-template.js';
import { dropDisabledFields } from './pod-template-fields.js';
import { validateOwnSelector, validateRunsForGood } from './replicated-template.js';

const MANAGEMENT_POLICIES = ['OrderedReady', 'Parallel'];

const validateStrategy = (strategy: StatefulSetUpdateStrategy, field: string, report: Report): void => {
  const { type, rollingUpdate } = strategy;
  if (!type) report.required(field);
  else if (type === 'OnDelete') {
    if (rollingUpdate !== undefined) {
      report.invalidStructure(`${field}.rollingUpdate`, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'");
    }
  } else if (type !== 'RollingUpdate') report.invalidStructure(field, strategy, "must be 'RollingUpdate' or 'OnDelete'");
  else if (rollingUpdate !== undefined) {
    const { partition, maxUnavailable } = rollingUpdate;
    validateNotNegative(partition, `${field}.rollingUpdate.partition`, report);
    if (maxUnavailable === undefined) return;
    const at = `${field}.rollingUpdate.maxUnavailable`;
    validateIntOrPercent(maxUnavailable, at, report);
    if (intOrPercentValue(maxUnavailable) === 0) report.invalid(at, maxUnavailable, 'cannot be 0');
    validateAtMostAll(maxUnavailable, at, report);
  }
};

const RETENTION_POLICIES = ['Retain', 'Delete'];

const validateRetention = ({ persistentVolumeClaimRetentionPolicy: policy }: StatefulSetSpec, report: Report): void => {
  if (policy === undefined) return;
  for (const name of ['whenDeleted', 'whenScaled'] as const) {
    const value = policy[name] ?? '';
    if (!RETENTION_POLICIES.includes(value)) {
      report.notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, value, RETENTION_POLICIES);
    }
  }
};

/** The template as the controller completes it: claims stand for volumes of their names; hostname and subdomain are the controller's. */
const completed = ({ template, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec => {
  if (template.spec === undefined) return template;
  const { hostname: _hostname, subdomain: _subdomain, ...spec } = template.spec;
  if (volumeClaimTemplates.length === 0) return { ...template, spec };
  const names = [...new Set(volumeClaimTemplates.map(({ metadata }) => metadata?.name ?? ''))];
  const claims = names.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  const others = (spec.volumes ?? []).filter(({ name = '' }) => !names.includes(name));
  return { ...template, spec: { ...spec, volumes: [...claims, ...others] } };
};

const validateSpec = (spec: StatefulSetSpec, { isNew }: { readonly isNew: boolean }, report: Report, policy: ObjectPolicy): void => {
  const { podManagementPolicy = '', serviceName = '', selector, template } = spec;
  if (!MANAGEMENT_POLICIES.includes(podManagementPolicy)) {
    report.invalid('spec.podManagementPolicy', podManagementPolicy, "must be 'OrderedReady' or 'Parallel'");
  }
  validateStrategy(spec.updateStrategy ?? {}, 'spec.updateStrategy', report);
  validateRetention(spec, report);
  // They cannot be changed, so that old ones are not looked at again.
  if (isNew) {
    for (const [i, claim] of (spec.volumeClaimTemplates ?? []).entries()) {
      validateClaimSpec(claim.spec ?? {}, `spec.volumeClaimTemplates[${i}].spec`, report);
    }
    if (serviceName !== '') report.invalidEach('spec.serviceName', serviceName, dnsLabelErrors(serviceName));
  }
  validateNotNegative(spec.replicas, 'spec.replicas', report);
  validateNotNegative(spec.minReadySeconds, 'spec.minReadySeconds', report);
  validateNotNegative(spec.ordinals?.start, 'spec.ordinals.start', report);
  validateOwnSelector(selector, 'statefulset', 'spec.selector', report);
  if (!isUsableSelector(selector)) report.invalidStructure('spec.selector', selector, '');
  else {
    validateTemplateMatches(selector, template.metadata?.labels, 'spec.template', report);
    validateTemplate(completed(spec), 'spec.template', report, policy);
  }
  validateRunsForGood(template, 'StatefulSet', 'spec.template', report);
};

const CHANGEABLE = [
  'replicas',
  'template',
  'updateStrategy',
  'minReadySeconds',
  'ordinals',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
] as const;

const FORBIDDEN_CHANGE =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

const withFieldsOf = (spec: StatefulSetSpec, old: StatefulSetSpec): StatefulSetSpec => ({
  ...spec,
  ...(Object.fromEntries(CHANGEABLE.map((name) => [name, old[name]])) as Pick<StatefulSetSpec, (typeof CHANGEABLE)[number]>),
});

export const statefulSetRules: KindRules<StatefulSet> = {
  nameErrors: labelNameErrors,
  countsGeneration: true,
  updateChecksMetadata: false,
  fillDefaults: ({ spec }) => {
    spec.podManagementPolicy ||= 'OrderedReady';
    spec.updateStrategy ??= {};
    const { updateStrategy } = spec;
    if (!updateStrategy.type) {
      updateStrategy.type = 'RollingUpdate';
      updateStrategy.rollingUpdate ??= {};
    }
    if (updateStrategy.type === 'RollingUpdate' && updateStrategy.rollingUpdate !== undefined) updateStrategy.rollingUpdate.partition ??= 0;
    spec.persistentVolumeClaimRetentionPolicy ??= {};
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
    spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    fillPodTemplate(spec.template);
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion = 'v1';
      claim.kind = 'PersistentVolumeClaim';
      claim.spec ??= {};
      fillClaimSpec(claim.spec);
      claim.status ??= {};
      claim.status.phase ||= 'Pending';
    }
  },
  prepareCreate: ({ spec }) => {
    delete spec.updateStrategy?.rollingUpdate?.maxUnavailable;
    dropDisabledFields(spec.template);
  },
  prepareUpdate: ({ spec }, old) => {
    if (old.spec.updateStrategy?.rollingUpdate?.maxUnavailable === undefined) delete spec.updateStrategy?.rollingUpdate?.maxUnavailable;
    dropDisabledFields(spec.template, old.spec.template);
  },
  validate: ({ spec }, report, policy) => validateSpec(spec, { isNew: true }, report, policy),
  validateUpdate: ({ spec }, old, report, policy) => {
    validateSpec(spec, { isNew: false }, report, policy);
    if (!isSameStruct('StatefulSetSpec', withFieldsOf(spec, old.spec), old.spec)) report.forbidden('spec', FORBIDDEN_CHANGE);
  },
  warnings: ({ spec }, update) => [
    ...(update === undefined || update.counted ? podTemplateWarnings(spec.template, 'spec.template') : []),
    ...(spec.volumeClaimTemplates ?? []).flatMap((claim, i) =>
      claimSpecWarnings(claim.spec ?? {}, `spec.volumeClaimTemplates[${i}]${update === undefined ? '' : '.Spec'}`),
    ),
    ...(spec.revisionHistoryLimit !== undefined && spec.revisionHistoryLimit < 0
      ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']
      : []),
  ],
};
