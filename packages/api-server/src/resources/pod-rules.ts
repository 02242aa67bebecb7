import { dropDisabledFields, isSameStruct, podWarnings } from '@solo-kubelet/object-spec/rules';
import { type Container, type Pod, type PodSpec, podQosClass, type Toleration, validatePod } from '@solo-kubelet/pod-spec';
import { createReport, type Draft, fillPod, type Report, subdomainNameErrors, validateFinalizerKinds } from '@solo-kubelet/pod-spec/schema';
import { type ObjectDraft, type StoredObject, statusOf } from '../stored-object.js';
import type { ResourceRules, StatusRules } from './api-resource.js';

const asPod = (object: ObjectDraft | StoredObject): Pod => object as unknown as Pod;
const asDraft = (draft: ObjectDraft): Draft<Pod> => draft as unknown as Draft<Pod>;

const IMMUTABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

const withImagesOf = (containers: readonly Container[] = [], old: readonly Container[] = []): readonly Container[] =>
  containers.map((container, i) => ({ ...container, image: old[i]?.image }));

const validateImages = (spec: PodSpec, old: PodSpec, report: Report): boolean => {
  let isEven = true;
  for (const name of ['containers', 'initContainers'] as const) {
    const [now, before] = [spec[name] ?? [], old[name] ?? []];
    if (now.length !== before.length) {
      report.forbidden(`spec.${name}`, 'pod updates may not add or remove containers');
      isEven = false;
      continue;
    }
    for (const [i, { image = '' }] of now.entries()) {
      if (image === '') report.required(`spec.${name}[${i}].image`);
      else if (image.trim() !== image) report.invalid(`spec.${name}[${i}].image`, image, 'must not have leading or trailing whitespace');
    }
  }
  return isEven;
};

const isSameToleration = (a: Toleration, b: Toleration): boolean =>
  (['key', 'operator', 'value', 'effect', 'tolerationSeconds'] as const).every((name) => (a[name] ?? '') === (b[name] ?? ''));

/** Tolerations may only be added. */
const validateTolerations = (spec: PodSpec, old: PodSpec, report: Report): void => {
  const kept = (old.tolerations ?? []).every((before) =>
    (spec.tolerations ?? []).some((toleration) => isSameToleration({ ...toleration, tolerationSeconds: before.tolerationSeconds }, before)),
  );
  if (!kept) report.forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds');
};

const validateDeadline = (spec: PodSpec, old: PodSpec, report: Report): void => {
  const { activeDeadlineSeconds: value } = spec;
  const before = old.activeDeadlineSeconds;
  if (value === undefined) {
    if (before !== undefined) report.invalid('spec.activeDeadlineSeconds', 'null', 'must not update from a positive integer to nil value');
    return;
  }
  if (value < 0 || value > 2_147_483_647)
    report.invalid('spec.activeDeadlineSeconds', value, 'must be between 0 and 2147483647, inclusive');
  else if (before !== undefined && before < value)
    report.invalid('spec.activeDeadlineSeconds', value, 'must be less than or equal to previous value');
};

/** Gates may only be taken away. */
const validateGates = (spec: PodSpec, old: PodSpec, report: Report): void => {
  const before = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  for (const [i, { name }] of (spec.schedulingGates ?? []).entries()) {
    if (!before.has(name))
      report.forbidden(`spec.schedulingGates[${i}]`, `only deletion is allowed, but found new scheduling gate '${name}'`);
  }
};

/** What an update of a Pod may change (pkg/apis/core/validation ValidatePodUpdate). */
const validateUpdate = (pod: Pod, old: Pod, report: Report): void => {
  const { spec } = pod;
  if (!validateImages(spec, old.spec, report)) return;
  validateDeadline(spec, old.spec, report);
  validateTolerations(spec, old.spec, report);
  validateGates(spec, old.spec, report);
  if (report.errors.length > 0) return;
  const isGated = (old.spec.schedulingGates ?? []).length > 0;
  const munged: PodSpec = {
    ...spec,
    containers: withImagesOf(spec.containers, old.spec.containers),
    ...(spec.initContainers && { initContainers: withImagesOf(spec.initContainers, old.spec.initContainers) }),
    activeDeadlineSeconds: old.spec.activeDeadlineSeconds,
    tolerations: old.spec.tolerations,
    schedulingGates: old.spec.schedulingGates,
    ...(isGated && { nodeSelector: old.spec.nodeSelector }),
    ...(Number(old.spec.terminationGracePeriodSeconds) < 0 &&
      spec.terminationGracePeriodSeconds === 1 && { terminationGracePeriodSeconds: old.spec.terminationGracePeriodSeconds }),
  };
  if (!isSameStruct('PodSpec', munged, old.spec)) report.forbidden('spec', IMMUTABLE);
};

export const podRules: ResourceRules = {
  nameErrors: subdomainNameErrors,
  fillDefaults: (draft) => fillPod(asDraft(draft)),
  create: (draft) => {
    dropDisabledFields(asDraft(draft));
    draft.metadata.generation = 1;
    return validatePod(asPod(draft));
  },
  prepareUpdate: (draft, old) => {
    dropDisabledFields(asDraft(draft), asPod(old));
    draft.metadata.generation = old.metadata.generation;
    const counted = !isSameStruct('PodSpec', asPod(draft).spec, asPod(old).spec);
    if (counted) draft.metadata.generation = Number(draft.metadata.generation ?? 0) + 1;
    return counted;
  },
  updateErrors: (draft, old) => {
    const report = createReport();
    validateFinalizerKinds(asPod(draft).metadata, 'metadata', report);
    validateUpdate(asPod(draft), asPod(old), report);
    return report.errors;
  },
  warnings: (draft, update) => (update === undefined ? podWarnings(asPod(draft)) : []),
};

const validateStatus = ({ status = {} }: ObjectDraft, report: Report): void => {
  const hostIps = (status['hostIPs'] ?? []) as readonly { readonly ip?: string }[];
  const [first] = hostIps;
  if (first !== undefined && (first.ip ?? '') !== (status['hostIP'] ?? '')) {
    report.invalid('status.hostIPs[0].ip', first.ip ?? '', 'must be equal to `hostIP`');
  }
};

export const podStatusRules: StatusRules = {
  errors: (draft) => {
    const report = createReport();
    validateStatus(draft, report);
    return report.errors;
  },
  initial: (draft) => ({
    phase: 'Pending',
    qosClass: podQosClass({ spec: { ...asPod(draft).spec, containers: asPod(draft).spec.containers ?? [] } }),
  }),
  prepare: (draft, old) => {
    if (old.metadata.ownerReferences === undefined) delete draft.metadata.ownerReferences;
    else draft.metadata.ownerReferences = structuredClone(old.metadata.ownerReferences) as typeof draft.metadata.ownerReferences;
    const status = statusOf(draft);
    if (!status['qosClass'] && old.status?.['qosClass'] !== undefined) status['qosClass'] = old.status['qosClass'];
  },
};
