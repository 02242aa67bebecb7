import { dropDisabledFields, isSameStruct, podWarnings, validateIp } from '@solo-kubelet/object-spec/rules';
import {
  type Container,
  type FieldError,
  type NodeSelector,
  type Pod,
  type PodSpec,
  type Toleration,
  validatePod,
} from '@solo-kubelet/pod-spec';
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
  validateAddedContainers,
  validateFinalizerKinds,
} from '@solo-kubelet/pod-spec/schema';
import { type ObjectDraft, type StoredObject, statusOf } from '../stored-object.js';
import type { ResourceRules, StatusRules } from './api-resource.js';
import { preparePod } from './prepare-pod.js';
import { recordedQosClass } from './qos-class.js';
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
    if (before !== undefined) report.invalidStructure(field, null, 'must not update from a positive integer to nil value');
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
      report.forbidden(`spec.schedulingGates[${i}].name`, `only deletion is allowed, but found new scheduling gate '${name}'`);
  }
};

type Term = NonNullable<NodeSelector['nodeSelectorTerms']>[number];

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const EXPRESSIONS = ['matchExpressions', 'matchFields'] as const;

const hasOnlyAdditions = (now: Term, before: Term): boolean => {
  if (EXPRESSIONS.every((name) => (before[name] ?? []).length === 0)) return EXPRESSIONS.every((name) => (now[name] ?? []).length === 0);
  return EXPRESSIONS.every((name) => {
    const kept = before[name] ?? [];
    const start = (now[name] ?? []).slice(0, kept.length);
    return isSameStruct('NodeSelectorTerm', { [name]: start }, { [name]: kept });
  });
};

/** Where a Pod that waits for its gates may come can be narrowed. */
const validateScheduling = (spec: PodSpec, old: PodSpec, report: Report): void => {
  const selector = spec.nodeSelector ?? {};
  if (Object.entries(old.nodeSelector ?? {}).some(([key, value]) => selector[key] !== value)) {
    report.invalidStructure(
      'spec.nodeSelector',
      spec.nodeSelector ?? null,
      'only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    );
  }
  const before = old.affinity?.nodeAffinity?.[REQUIRED]?.nodeSelectorTerms ?? [];
  const now = spec.affinity?.nodeAffinity?.[REQUIRED]?.nodeSelectorTerms ?? [];
  const field = `spec.affinity.nodeAffinity.${REQUIRED}.nodeSelectorTerms`;
  if (before.length > 0 && before.length !== now.length) {
    report.invalidStructure(field, now, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed');
    return;
  }
  for (const [i, term] of before.entries()) {
    if (!hasOnlyAdditions(now[i]!, term)) {
      report.invalidStructure(`${field}[${i}]`, now[i], 'only additions are allowed (no mutations or deletions)');
    }
  }
};

/** The affinity with the old one to nodes. */
const mungedAffinity = ({ affinity }: PodSpec, { affinity: old }: PodSpec): PodSpec['affinity'] => {
  const nodeAffinity = old?.nodeAffinity;
  if (affinity === undefined) return nodeAffinity && { nodeAffinity };
  const { nodeAffinity: _node, ...others } = affinity;
  if (old === undefined && Object.keys(others).length === 0) return undefined;
  return { ...others, ...(nodeAffinity && { nodeAffinity }) };
};

/** The rules for any Pod that is there already: it may have ephemeral containers, and a node before the last gate went. */
export const specErrors = (draft: ObjectDraft): readonly FieldError[] => {
  const pod = asPod(draft);
  const { ephemeralContainers = [], ...spec } = pod.spec;
  const report = createReport();
  report.include(validatePod({ ...pod, spec }).filter(({ field, type }) => !(field === 'spec.nodeName' && type === 'Forbidden')));
  if (ephemeralContainers.length > 0) validateAddedContainers(pod, 'spec.ephemeralContainers', report);
  return report.errors;
};

/** What an update of a Pod may change (pkg/apis/core/validation ValidatePodUpdate). */
const validateUpdate = (pod: Pod, old: Pod, report: Report): void => {
  const { spec } = pod;
  if (!validateImages(spec, old.spec, report)) return;
  if (!validateDeadline(spec, old.spec, report)) return;
  validateTolerations(spec, old.spec, report);
  validateGates(spec, old.spec, report);
  const isGated = (old.spec.schedulingGates ?? []).length > 0;
  if (isGated) validateScheduling(spec, old.spec, report);
  const munged: PodSpec = {
    ...spec,
    containers: withImagesOf(spec.containers, old.spec.containers),
    ...(spec.initContainers && { initContainers: withImagesOf(spec.initContainers, old.spec.initContainers) }),
    activeDeadlineSeconds: old.spec.activeDeadlineSeconds,
    tolerations: old.spec.tolerations,
    schedulingGates: old.spec.schedulingGates,
    ...(isGated && { nodeSelector: old.spec.nodeSelector, affinity: mungedAffinity(spec, old.spec) }),
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
    report.include(specErrors(draft));
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
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
};

export const podStatusRules: StatusRules = {
  errors: statusErrors(validateStatus),
  initial: (draft, nowText) => ({
    phase: 'Pending',
    ...((asPod(draft).spec?.schedulingGates ?? []).length > 0 && { conditions: [{ ...GATED, lastTransitionTime: nowText }] }),
    qosClass: recordedQosClass({ spec: { ...asPod(draft).spec, containers: asPod(draft).spec.containers ?? [] } }),
  }),
  prepare: (draft, old) => {
    if (old.metadata.ownerReferences === undefined) delete draft.metadata.ownerReferences;
    else draft.metadata.ownerReferences = structuredClone(old.metadata.ownerReferences) as typeof draft.metadata.ownerReferences;
    const status = statusOf(draft);
    if (!status['qosClass'] && old.status?.['qosClass'] !== undefined) status['qosClass'] = old.status['qosClass'];
  },
};
