import { fillPodTemplate, type Report, subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import type { ReplicaSet } from '../gen/object-types.js';
import { podNameWarnings } from '../warnings/pod-name.js';
import { podTemplateWarnings } from '../warnings/pod-template.js';
import { validateUnchanged } from './immutable-field.js';
import { validateNotNegative } from './int-or-percent.js';
import type { KindRules, ObjectPolicy } from './kind-rules.js';
import { dropDisabledFields } from './pod-template-fields.js';
import { validateReplicatedTemplate } from './replicated-template.js';

const validate = ({ spec }: ReplicaSet, report: Report, policy: ObjectPolicy): void => {
  validateNotNegative(spec.replicas, 'spec.replicas', report);
  validateNotNegative(spec.minReadySeconds, 'spec.minReadySeconds', report);
  validateReplicatedTemplate(spec, report, policy);
};

export const replicaSetRules: KindRules<ReplicaSet> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  updateChecksMetadata: false,
  fillDefaults: ({ spec }) => {
    spec.replicas ??= 1;
    if (spec.template !== undefined) fillPodTemplate(spec.template);
  },
  prepareCreate: ({ spec }) => dropDisabledFields(spec.template ?? {}),
  prepareUpdate: ({ spec }, old) => dropDisabledFields(spec.template ?? {}, old.spec.template),
  validate,
  validateUpdate: (object, old, report, policy) => {
    validate(object, report, policy);
    validateUnchanged({ struct: 'ReplicaSetSpec', name: 'selector', field: 'spec.selector' }, object.spec, old.spec, report);
  },
  warnings: ({ metadata, spec }, update) => {
    if (update !== undefined && !update.counted) return [];
    const ofTemplate = podTemplateWarnings(spec.template ?? {}, 'spec.template');
    return update === undefined ? [...podNameWarnings(metadata.name ?? ''), ...ofTemplate] : ofTemplate;
  },
};
