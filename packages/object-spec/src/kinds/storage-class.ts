import { byteLength, qualifiedNameErrors, type Report, subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import type { StorageClass, TopologySelectorTerm } from '../gen/object-types.js';
import { deprecatedNodeLabel } from '../warnings/node-labels.js';
import { validateUnchanged } from './immutable-field.js';
import type { KindRules } from './kind-rules.js';

const RECLAIM_POLICIES = ['Delete', 'Retain'];
const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer'];
const MAX_PARAMETERS = 512;
const MAX_PARAMETERS_BYTES = 256 * 1024;

const validateParameters = (parameters: Readonly<Record<string, string>>, field: string, report: Report): void => {
  const entries = Object.entries(parameters);
  if (entries.length > MAX_PARAMETERS) {
    report.tooLong(field, MAX_PARAMETERS);
    return;
  }
  if (Object.hasOwn(parameters, '')) report.invalid(field, '', 'field can not be empty.');
  const size = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0);
  if (size > MAX_PARAMETERS_BYTES) report.tooLong(field, MAX_PARAMETERS_BYTES);
};

/** The same for terms that mean the same. */
const termKey = ({ matchLabelExpressions = [] }: TopologySelectorTerm): string =>
  JSON.stringify(
    [...new Map(matchLabelExpressions.map(({ key = '', values }) => [key, [...new Set(values ?? [])].sort()]))].sort(([a], [b]) =>
      a < b ? -1 : 1,
    ),
  );

const validateTopologies = (terms: readonly TopologySelectorTerm[], field: string, report: Report): void => {
  // Upstream begins with a term that is empty for each, so that an empty one is always a repetition.
  const seen = new Set<string>([termKey({})]);
  for (const [i, term] of terms.entries()) {
    const at = `${field}[${i}].matchLabelExpressions`;
    const keys = new Set<string>();
    for (const [j, { key = '', values: given }] of (term.matchLabelExpressions ?? []).entries()) {
      const values = given ?? [];
      if (values.length === 0) report.required(`${at}[${j}].values`);
      for (const [k, value] of values.entries()) if (values.indexOf(value) < k) report.duplicate(`${at}[${j}].values[${k}]`, value);
      report.invalidEach(`${at}[${j}].key`, key, qualifiedNameErrors(key));
      if (keys.has(key)) report.duplicate(`${at}[${j}].key`, key);
      keys.add(key);
    }
    if (seen.has(termKey(term))) report.duplicate(at, '');
    seen.add(termKey(term));
  }
};

const validate = (object: StorageClass, report: Report): void => {
  const { provisioner = '', reclaimPolicy, volumeBindingMode } = object;
  if (provisioner === '') report.required('provisioner');
  else {
    const name = provisioner.toLowerCase();
    report.invalidEach('provisioner', name, qualifiedNameErrors(name));
  }
  validateParameters(object.parameters ?? {}, 'parameters', report);
  if (reclaimPolicy && !RECLAIM_POLICIES.includes(reclaimPolicy)) report.notSupported('reclaimPolicy', reclaimPolicy, RECLAIM_POLICIES);
  if (volumeBindingMode === undefined) report.required('volumeBindingMode');
  else if (!BINDING_MODES.includes(volumeBindingMode)) report.notSupported('volumeBindingMode', volumeBindingMode, BINDING_MODES);
  validateTopologies(object.allowedTopologies ?? [], 'allowedTopologies', report);
};

export const storageClassRules: KindRules<StorageClass> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: false,
  updateChecksMetadata: true,
  fillDefaults: (object) => {
    object.reclaimPolicy ??= 'Delete';
    object.volumeBindingMode ??= 'Immediate';
  },
  validate,
  validateUpdate: (object, old, report) => {
    validate(object, report);
    for (const name of ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode']) {
      validateUnchanged({ struct: 'StorageClass', name, field: name }, object, old, report);
    }
  },
  warnings: ({ allowedTopologies = [] }) =>
    allowedTopologies.flatMap(({ matchLabelExpressions = [] }, i) =>
      matchLabelExpressions.flatMap(({ key }, j) => {
        const deprecated = deprecatedNodeLabel(key);
        return deprecated === undefined ? [] : [`allowedTopologies[${i}].matchLabelExpressions[${j}].key: ${deprecated}`];
      }),
    ),
};
