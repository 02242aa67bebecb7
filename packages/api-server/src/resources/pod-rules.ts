import { dropDisabledFields, isSameStruct, podWarnings, validateIp } from '@solo-kubelet/object-spec/rules';
import { type Container, type Pod, type PodSpec, podQosClass, type Toleration, validatePod } from '@solo-kubelet/pod-spec';
import {
  createReport,
  type Draft,
  dnsSubdomainErrors,
  fillPod,
  isIpv4,
  parseIpAddress,
  qualifiedNameErrors,
  type Report,
  subdomainNameErrors,
  validateFinalizerKinds,
} from '@solo-kubelet/pod-spec/schema';
import { type ObjectDraft, type StoredObject, statusOf } from '../stored-object.js';
import type { ResourceRules, StatusRules } from './api-resource.js';
import { preparePod } from './prepare-pod.js';
import { statusErrors } from './status-rules.js';

const asPod = (object: ObjectDraft | StoredObject): Pod => object as unknown as Pod;
const asDraft = (draft: ObjectDraft): Draft<Pod> => draft as unknown as Draft<Pod>;

const IMMUTABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

const withImagesOf = (containers: readonly Container[] = [], old: readonly Container[] = []): readonly Container[] =>
  containers.map((container, i) => ({ ...container, image: old[i]?.image }));

const validateImages = (spec: PodSpec, old: PodSpec, report: Report): boolean => {
  for (const name of ['containers', 'initContainers'] as const) {
    const [now, before] = [spec[name] ?? [], old[name] ?? []];
    if (now.length !== before.length) {
      report.forbidden(`spec.${name}`, 'pod updates may not add or remove containers');
      return false;
    }
    for (const [i, { image = '' }] of now.entries()) {
      if (image === '') report.required(`spec.${name}[${i}].image`);
      else if (image.trim() !== image) report.invalid(`spec.${name}[${i}].image`, image, 'must not have leading or trailing whitespace');
    }
  }
  return true;
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

/** Tells whether the rest is to be looked at. */
const validateDeadline = (spec: PodSpec, old: PodSpec, report: Report): boolean => {
  const { activeDeadlineSeconds: value } = spec;
  const before = old.activeDeadlineSeconds;
  const field = 'spec.activeDeadlineSeconds';
  if (value === undefined) {
    if (before !== undefined) report.invalid(field, 'null', 'must not update from a positive integer to nil value');
    return true;
  }
  if (value < 0 || value > 2_147_483_647) {
    report.invalid(field, value, 'must be between 0 and 2147483647, inclusive');
    return false;
  }
  if (before === undefined || before >= value) return true;
  report.invalid(field, value, 'must be less than or equal to previous value');
  return false;
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
  if (!validateDeadline(spec, old.spec, report)) return;
  validateTolerations(spec, old.spec, report);
  validateGates(spec, old.spec, report);
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
  create: (draft, warn) => {
    dropDisabledFields(asDraft(draft));
    draft.metadata.generation = 1;
    preparePod(asDraft(draft), warn);
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
    // Ephemeral containers come and are judged by a part of their own; here they may only stay as they are.
    const { ephemeralContainers: _debugging, ...spec } = asPod(draft).spec;
    report.include(validatePod({ ...asPod(draft), spec }));
    validateUpdate(asPod(draft), asPod(old), report);
    return report.errors;
  },
  warnings: (draft, update) => (update === undefined ? podWarnings(asPod(draft)) : []),
};

const SYSTEM_CONDITIONS: ReadonlySet<string> = new Set(['PodScheduled', 'Ready', 'Initialized']);

interface PodStatusFields {
  readonly conditions?: readonly { readonly type?: string; readonly observedGeneration?: number }[];
  readonly nominatedNodeName?: string;
  readonly observedGeneration?: number;
  readonly qosClass?: string;
  readonly podIPs?: readonly { readonly ip?: string }[];
  readonly hostIP?: string;
  readonly hostIPs?: readonly { readonly ip?: string }[];
}

const NEGATIVE = 'must be a non-negative integer';

const validateConditions = ({ conditions = [] }: PodStatusFields, report: Report): void => {
  for (const [i, { type = '', observedGeneration = 0 }] of conditions.entries()) {
    const field = `status.conditions[${i}]`;
    if (observedGeneration < 0) report.invalid(`${field}.observedGeneration`, observedGeneration, NEGATIVE);
    if (!SYSTEM_CONDITIONS.has(type)) report.invalidEach(`${field}.Type`, type, qualifiedNameErrors(type));
  }
};

/** An address that was there before may stay, whatever it is. */
const validateAddresses = (
  name: 'podIPs' | 'hostIPs',
  now: readonly { readonly ip?: string }[],
  old: readonly { readonly ip?: string }[],
  report: Report,
): void => {
  const known = new Set(old.map(({ ip }) => ip));
  for (const [i, { ip = '' }] of now.entries()) if (!known.has(ip)) validateIp(ip, `status.${name}[${i}].ip`, report);
  if (now.length <= 1) return;
  const families = now.map(({ ip = '' }) => isIpv4(parseIpAddress(ip) ?? []));
  if (now.length > 2 || families[0] === families[1]) {
    report.invalidStructure(`status.${name}`, now, 'may specify no more than one IP for each IP family');
  }
};

const validateNominated = (now: PodStatusFields, before: PodStatusFields, isBound: boolean, report: Report): void => {
  const { nominatedNodeName: name = '' } = now;
  if (name === '' || name === (before.nominatedNodeName ?? '')) return;
  report.invalidEach('status.nominatedNodeName', name, dnsSubdomainErrors(name));
  if (isBound) report.forbidden('status.nominatedNodeName', 'may not be set on pods that are already bound to a node');
};

/** What may be written of a Pod's status (ValidatePodStatusUpdate). */
const validateStatus = (draft: ObjectDraft, old: StoredObject, report: Report): void => {
  const [now, before] = [(draft.status ?? {}) as PodStatusFields, (old.status ?? {}) as PodStatusFields];
  validateConditions(now, report);
  validateNominated(now, before, Boolean(asPod(old).spec.nodeName), report);
  const { observedGeneration = 0, qosClass = '', hostIP = '', hostIPs = [], podIPs = [] } = now;
  if (observedGeneration < 0) report.invalid('status.observedGeneration', observedGeneration, NEGATIVE);
  if (qosClass !== (before.qosClass ?? '')) report.invalid('status.qosClass', qosClass, 'field is immutable');
  validateAddresses('podIPs', podIPs, before.podIPs ?? [], report);
  const [first] = hostIPs;
  if (first === undefined) return;
  if ((first.ip ?? '') !== hostIP) report.invalid('status.hostIPs[0].ip', first.ip ?? '', 'must be equal to `hostIP`');
  validateAddresses('hostIPs', hostIPs, before.hostIPs ?? [], report);
};

/** What is told of a Pod that waits for its gates from its first moment on. */
const GATED = {
  type: 'PodScheduled',
  status: 'False',
  lastProbeTime: null,
  lastTransitionTime: null,
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
};

export const podStatusRules: StatusRules = {
  errors: statusErrors(validateStatus),
  initial: (draft) => ({
    phase: 'Pending',
    ...((asPod(draft).spec?.schedulingGates ?? []).length > 0 && { conditions: [{ ...GATED }] }),
    qosClass: podQosClass({ spec: { ...asPod(draft).spec, containers: asPod(draft).spec.containers ?? [] } }),
  }),
  prepare: (draft, old) => {
    if (old.metadata.ownerReferences === undefined) delete draft.metadata.ownerReferences;
    else draft.metadata.ownerReferences = structuredClone(old.metadata.ownerReferences) as typeof draft.metadata.ownerReferences;
    const status = statusOf(draft);
    if (!status['qosClass'] && old.status?.['qosClass'] !== undefined) status['qosClass'] = old.status['qosClass'];
  },
};
