import { type Draft, labelNameErrors, qualifiedNameErrors, type Report, validateFinalizerKind } from '@solo-kubelet/pod-spec/schema';
import type { Namespace } from '../gen/object-types.js';
import type { KindRules } from './kind-rules.js';

const NAME_LABEL = 'kubernetes.io/metadata.name';
const OWN_FINALIZER = 'kubernetes';

const labelName = ({ metadata }: Draft<Namespace>): void => {
  if (metadata.name) metadata.labels = { ...metadata.labels, [NAME_LABEL]: metadata.name };
};

const validate = ({ spec }: Namespace, report: Report): void => {
  for (const finalizer of spec?.finalizers ?? []) {
    report.invalidEach('spec.finalizers', finalizer, qualifiedNameErrors(finalizer));
    validateFinalizerKind(finalizer, 'spec.finalizers', report);
  }
};

export const namespaceRules: KindRules<Namespace> = {
  nameErrors: labelNameErrors,
  countsGeneration: false,
  updateChecksMetadata: true,
  fillDefaults: labelName,
  prepareCreate: (namespace) => {
    const finalizers = namespace.spec?.finalizers ?? [];
    namespace.spec = { finalizers: finalizers.includes(OWN_FINALIZER) ? finalizers : [...finalizers, OWN_FINALIZER] };
  },
  prepareUpdate: (namespace, old) => {
    namespace.spec = structuredClone(old.spec ?? {}) as Draft<Namespace>['spec'] & object;
  },
  validate,
  validateUpdate: (namespace, _old, report) => validate(namespace, report),
};
