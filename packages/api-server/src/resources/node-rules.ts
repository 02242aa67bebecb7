import { cidrWarnings, validateCidr } from '@solo-kubelet/object-spec/rules';
import { labelValueErrors } from '@solo-kubelet/pod-spec';
import { goJsonError, qualifiedNameErrors, type Report, subdomainNameErrors, validateQuantityOf } from '@solo-kubelet/pod-spec/schema';
import type { ObjectDraft, StoredObject, Values } from '../stored-object.js';
import type { StatusRules } from './api-resource.js';
import { plainRules } from './plain-rules.js';
import { statusErrors } from './status-rules.js';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

const validateTaints = ({ spec = {} }: ObjectDraft, report: Report): void => {
  const seen = new Set<string>();
  for (const [i, taint] of ((spec['taints'] ?? []) as readonly Values[]).entries()) {
    const field = `metadata.taints[${i}]`;
    const [key, value, effect] = [taint['key'] as string, (taint['value'] ?? '') as string, taint['effect'] as string];
    report.invalidEach(`${field}.key`, key, qualifiedNameErrors(key));
    report.invalidEach(`${field}.value`, value, labelValueErrors(value));
    if (effect === '') report.required(`${field}.effect`);
    else if (!EFFECTS.includes(effect)) report.notSupported(`${field}.effect`, effect, EFFECTS);
    const identity = `${key}\n${effect}`;
    if (seen.has(identity)) {
      // As upstream's own form of a taint is printed.
      const shown = { Key: key, Value: value, Effect: effect, TimeAdded: taint['timeAdded'] ?? null };
      report.duplicateStructure(field, shown, 'taints must be unique by key and effect pair');
    }
    seen.add(identity);
  }
};

const AVOID = 'scheduler.alpha.kubernetes.io/preferAvoidPods';

const validateAnnotations = ({ metadata }: ObjectDraft, report: Report): void => {
  const text = metadata.annotations?.[AVOID];
  const error = text ? goJsonError(text) : undefined;
  if (error !== undefined) report.invalid('metadata.annotations.AvoidPods', AVOID, error);
};

const validateResources = ({ status = {} }: ObjectDraft, report: Report): void => {
  for (const list of ['capacity', 'allocatable'] as const) {
    for (const [name, quantity] of Object.entries((status[list] ?? {}) as Record<string, string>)) {
      validateQuantityOf(name, quantity, `status.${list}.${name}`, report);
    }
  }
};

const FEATURE = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/;
const FEATURE_FORM =
  "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes";

const validateFeatures = ({ status = {} }: ObjectDraft, report: Report): void => {
  const names = (status['declaredFeatures'] ?? []) as readonly string[];
  for (const [i, name] of names.entries()) {
    const field = `status.declaredFeatures[${i}]`;
    const before = names[i - 1];
    if (before === name) report.duplicate(field, name);
    else if (before !== undefined && before > name) report.invalid(field, name, 'list must be sorted alphabetically');
    const why = name.length > 253 ? 'must be no more than 253 characters' : FEATURE.test(name) ? undefined : FEATURE_FORM;
    if (why !== undefined) report.invalid(field, name, `invalid feature name ${JSON.stringify(name)}: ${why}`);
  }
};

const podCidrs = (node: ObjectDraft | StoredObject): readonly string[] => (node.spec?.['podCIDRs'] ?? []) as readonly string[];

const validateCidrs = (draft: ObjectDraft, report: Report): void => {
  const cidrs = podCidrs(draft);
  for (const [i, cidr] of cidrs.entries()) validateCidr(cidr, `spec.podCIDRs[${i}]`, report);
  if (cidrs.length < 2) return;
  const families = new Set(cidrs.map((cidr) => cidr.includes(':')));
  if (families.size < 2 || cidrs.length > 2) {
    report.invalidStructure('spec.podCIDRs', cidrs, 'may specify no more than one CIDR for each IP family');
  }
};

const validateNode = (draft: ObjectDraft, report: Report): void => {
  validateAnnotations(draft, report);
  validateTaints(draft, report);
  validateResources(draft, report);
  validateFeatures(draft, report);
  validateCidrs(draft, report);
};

const validateChange = (draft: ObjectDraft, old: StoredObject, report: Report): void => {
  const spec = draft.spec ?? {};
  validateAnnotations(draft, report);
  validateResources(draft, report);
  validateFeatures(draft, report);
  const addresses = ((draft.status?.['addresses'] ?? []) as readonly Values[]).map(({ type = '', address = '' }) => ({ type, address }));
  for (const [i, { type, address }] of addresses.entries()) {
    if (addresses.slice(0, i).some((other) => other.type === type && other.address === address)) {
      report.duplicateStructure(`status.addresses[${i}]`, { Type: type, Address: address });
    }
  }
  const [cidrs, before] = [podCidrs(draft), podCidrs(old)];
  if (before.length > 0) {
    const changes = cidrs.length === before.length ? before.filter((cidr, i) => cidr !== cidrs[i]).length : 1;
    for (let i = 0; i < changes; i++) report.forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid');
  }
  if (old.spec?.['providerID'] && old.spec['providerID'] !== spec['providerID']) {
    report.forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid');
  }
  validateTaints(draft, report);
  if ((spec['externalID'] ?? '') !== (old.spec?.['externalID'] ?? '')) report.forbidden('spec.externalID', 'may not be updated');
};

export const nodeRules = plainRules({
  namespaced: false,
  nameErrors: subdomainNameErrors,
  fillDefaults: (draft) => {
    const { spec, status } = draft;
    if (status?.['capacity'] !== undefined) status['allocatable'] ??= { ...(status['capacity'] as object) };
    if (spec === undefined) return;
    const cidrs = podCidrs(draft);
    if (spec['podCIDR'] && cidrs[0] !== spec['podCIDR']) spec['podCIDRs'] = [spec['podCIDR']];
    else if (cidrs.length > 0) spec['podCIDR'] = cidrs[0];
  },
  prepareCreate: ({ spec, status }) => {
    delete spec?.['configSource'];
    delete status?.['config'];
  },
  prepareUpdate: ({ spec }, old) => {
    if (old.spec?.['configSource'] === undefined) delete spec?.['configSource'];
  },
  validate: validateNode,
  updateChecksMetadata: true,
  validateUpdate: (draft, old, report) => {
    validateNode(draft, report);
    validateChange(draft, old, report);
  },
  warnings: ({ spec = {} }) => [
    ...(spec['externalID'] ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
    ...((spec['podCIDRs'] ?? []) as readonly string[]).flatMap((cidr, i) => cidrWarnings(cidr, `spec.podCIDRs[${i}]`)),
  ],
});

export const nodeStatusRules: StatusRules = {
  // A kubelet makes its Node with what it knows already.
  initial: ({ status }) => ({ ...status }),
  prepare: ({ status }, old) => {
    if (old.status?.['config'] === undefined) delete status?.['config'];
  },
  errors: statusErrors(validateChange),
};
