import type { Toleration } from '@solo-kubelet/pod-spec';
import {
  dnsLabelErrors,
  type Report,
  subdomainNameErrors,
  validateContainerResourceName,
  validateLabels,
  validateRequirements,
  validateTolerations,
} from '@solo-kubelet/pod-spec/schema';
import type { RuntimeClass } from '../gen/object-types.js';
import { deprecatedNodeLabel } from '../warnings/node-labels.js';
import { validateUnchanged } from './immutable-field.js';
import type { KindRules } from './kind-rules.js';

const tolerationKey = ({ key = '', operator, value = '', effect }: Toleration): string =>
  JSON.stringify([key, operator ?? '', value, effect ?? '']);

const validateUniqueTolerations = (tolerations: readonly Toleration[], field: string, report: Report): void => {
  validateTolerations(tolerations, field, report);
  const seen = new Set<string>();
  for (const [i, toleration] of tolerations.entries()) {
    const key = tolerationKey(toleration);
    if (seen.has(key)) report.duplicateStructure(`${field}[${i}]`, toleration);
    seen.add(key);
  }
};

const validate = ({ handler = '', overhead, scheduling }: RuntimeClass, report: Report): void => {
  if (handler === '') report.required('handler');
  else report.invalidEach('handler', handler, dnsLabelErrors(handler));
  if (overhead !== undefined) {
    const rules = { validateName: validateContainerResourceName, claimNames: new Set<string>() };
    validateRequirements({ limits: overhead.podFixed ?? {} }, rules, 'overhead', report);
  }
  if (scheduling === undefined) return;
  validateLabels(scheduling.nodeSelector, 'scheduling.nodeSelector', report);
  validateUniqueTolerations(scheduling.tolerations ?? [], 'scheduling.tolerations', report);
};

export const runtimeClassRules: KindRules<RuntimeClass> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: false,
  updateChecksMetadata: true,
  checksFinalizerKinds: false,
  validate,
  validateUpdate: (object, old, report) => {
    validate(object, report);
    validateUnchanged({ struct: 'RuntimeClass', name: 'handler', field: 'handler' }, object, old, report);
  },
  warnings: ({ scheduling }) =>
    Object.keys(scheduling?.nodeSelector ?? {}).flatMap((key) => {
      const deprecated = deprecatedNodeLabel(key);
      return deprecated === undefined ? [] : [`scheduling.nodeSelector: ${deprecated}`];
    }),
};
