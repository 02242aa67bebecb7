import { validateIp } from '@solo-kubelet/object-spec/rules';
import type { FieldError, ObjectMeta } from '@solo-kubelet/pod-spec';
import { createReport, dnsSubdomainErrors, parseIpAddress, type Report, validateFinalizerKinds } from '@solo-kubelet/pod-spec/schema';
import { type ObjectDraft, type StoredObject, statusOf, type Values } from '../stored-object.js';
import type { StatusRules } from './api-resource.js';

type Validate = (draft: ObjectDraft, old: StoredObject, report: Report) => void;

/** The rules of a status, with those for the metadata that come along (core's ValidateObjectMetaUpdate). */
export const statusErrors =
  (validate: Validate = () => {}) =>
  (draft: ObjectDraft, old: StoredObject): readonly FieldError[] => {
    const report = createReport();
    validateFinalizerKinds(draft.metadata as ObjectMeta, 'metadata', report);
    validate(draft, old, report);
    return report.errors;
  };

const numberOf = (status: Values | undefined, name: string): number => Number(status?.[name] ?? 0);

const validateNotNegative = (status: Values | undefined, names: readonly string[], report: Report): void => {
  for (const name of names) {
    const value = numberOf(status, name);
    if (value < 0) report.invalid(`status.${name}`, value, 'must be greater than or equal to 0');
  }
};

/** Counts that may not be larger than that of all replicas. */
const validateCounts = (status: Values | undefined, names: readonly string[], available: string, report: Report): void => {
  for (const name of names) {
    if (numberOf(status, name) > numberOf(status, 'replicas')) {
      report.invalid(`status.${name}`, numberOf(status, name), 'cannot be greater than status.replicas');
    }
  }
  const [ready, now] = [numberOf(status, 'readyReplicas'), numberOf(status, 'availableReplicas')];
  if (now > ready) report.invalid('status.availableReplicas', now, `cannot be greater than ${available}`);
};

const validateCollisions = ({ status }: ObjectDraft, old: StoredObject, report: Report): void => {
  const [now, before] = [numberOf(status, 'collisionCount'), old.status?.['collisionCount']];
  if (before !== undefined && now < Number(before)) report.invalid('status.collisionCount', now, 'cannot be decremented');
};

const validateDeployment: Validate = (draft, old, report) => {
  const { status } = draft;
  const counts = ['updatedReplicas', 'readyReplicas', 'availableReplicas'];
  const more = ['unavailableReplicas', 'terminatingReplicas', 'collisionCount'];
  validateNotNegative(status, ['observedGeneration', 'replicas', ...counts, ...more], report);
  validateCounts(status, counts, 'readyReplicas', report);
  validateCollisions(draft, old, report);
};

export const validateReplicas: Validate = ({ status }, _old, report) => {
  const counts = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'];
  validateNotNegative(status, ['replicas', ...counts, 'observedGeneration', 'terminatingReplicas'], report);
  validateCounts(status, counts, 'readyReplicas', report);
};

const validateStatefulSet: Validate = (draft, old, report) => {
  const { status } = draft;
  const counts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'];
  validateNotNegative(status, ['replicas', ...counts, 'observedGeneration', 'collisionCount'], report);
  validateCounts(status, counts, 'status.readyReplicas', report);
  validateCollisions(draft, old, report);
};

const DAEMON_COUNTS = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
];

const validateDaemonSet: Validate = (draft, old, report) => {
  validateNotNegative(draft.status, DAEMON_COUNTS, report);
  validateCollisions(draft, old, report);
};

const validateBudget = ({ status }: ObjectDraft): readonly FieldError[] => {
  const report = createReport();
  validateNotNegative(status, ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'], report);
  return report.errors;
};

interface LoadBalancerIngress {
  readonly ip?: string;
  readonly hostname?: string;
  readonly ipMode?: string;
}

const ingressOf = (status: Values | undefined): readonly LoadBalancerIngress[] =>
  ((status?.['loadBalancer'] as Values | undefined)?.['ingress'] ?? []) as readonly LoadBalancerIngress[];

const INGRESS = 'status.loadBalancer.ingress';
const IP_MODES = ['Proxy', 'VIP'];

const validateHostname = (hostname: string, field: string, report: Report): void => {
  if (hostname === '') return;
  report.invalidEach(field, hostname, dnsSubdomainErrors(hostname));
  if (parseIpAddress(hostname) !== undefined) report.invalid(field, hostname, 'must be a DNS name, not an IP address');
};

/** An address that was there before may stay, whatever it is. */
const validateIngressIp = (ip: string, field: string, old: StoredObject, report: Report): void => {
  if (ip !== '' && !ingressOf(old.status).some((before) => before.ip === ip)) validateIp(ip, field, report);
};

const validateIngress: Validate = ({ status }, old, report) => {
  for (const [i, { ip = '', hostname = '' }] of ingressOf(status).entries()) {
    validateIngressIp(ip, `${INGRESS}[${i}].ip`, old, report);
    validateHostname(hostname, `${INGRESS}[${i}].hostname`, report);
  }
};

const validateService: Validate = ({ status, spec = {} }, old, report) => {
  const ingress = ingressOf(status);
  if (ingress.length > 0 && spec['type'] !== 'LoadBalancer') {
    report.forbidden(INGRESS, "may only be used when `spec.type` is 'LoadBalancer'");
    return;
  }
  for (const [i, { ip = '', hostname = '', ipMode }] of ingress.entries()) {
    const field = `${INGRESS}[${i}]`;
    validateIngressIp(ip, `${field}.ip`, old, report);
    if (ipMode === undefined) {
      if (ip !== '') report.required(`${field}.ipMode`, 'must be specified when `ip` is set');
    } else if (ip === '') report.forbidden(`${field}.ipMode`, 'may not be specified when `ip` is not set');
    else if (!IP_MODES.includes(ipMode)) report.notSupported(`${field}.ipMode`, ipMode, IP_MODES);
    validateHostname(hostname, `${field}.hostname`, report);
  }
};

const validateNamespace: Validate = ({ status }, { metadata }, report) => {
  const phase = (status?.['phase'] ?? '') as string;
  const isActive = metadata.deletionTimestamp === undefined;
  if (isActive && phase !== 'Active') report.invalid('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty");
  if (!isActive && phase !== 'Terminating') {
    report.invalid('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty");
  }
};

const keepLabels: StatusRules = {
  prepare: (draft, old) => {
    if (old.metadata.labels === undefined) delete draft.metadata.labels;
    else draft.metadata.labels = { ...old.metadata.labels };
  },
};

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

/** The count of templates belongs to the spec, though it is printed among the annotations. */
const keepTemplateGeneration: StatusRules = {
  prepare: (draft, old) => {
    const { [TEMPLATE_GENERATION]: _given, ...annotations } = draft.metadata.annotations ?? {};
    const kept = old.metadata.annotations?.[TEMPLATE_GENERATION];
    draft.metadata.annotations = { ...annotations, ...(kept !== undefined && { [TEMPLATE_GENERATION]: kept }) };
  },
};

/** A status that names no phase has the first one. */
const withPhase =
  (phase: string): StatusRules['prepare'] =>
  (draft) => {
    statusOf(draft)['phase'] ||= phase;
  };

/** How the status of each kind is written, where it has one (the StatusStrategy of each registry). */
export const statusRulesByKind: Readonly<Record<string, StatusRules>> = {
  Namespace: { initial: () => ({ phase: 'Active' }), prepare: withPhase('Active'), errors: statusErrors(validateNamespace) },
  PersistentVolume: {
    initial: (_draft, nowText) => ({ phase: 'Pending', lastPhaseTransitionTime: nowText }),
    prepare: (draft, old, nowText) => {
      const [status, before] = [statusOf(draft), old.status ?? {}];
      status['phase'] ||= 'Pending';
      const [now, then] = [status['lastPhaseTransitionTime'], before['lastPhaseTransitionTime']];
      if (status['phase'] === before['phase']) {
        if (now === undefined && then !== undefined) status['lastPhaseTransitionTime'] = then;
      } else if (now === undefined || now === then) status['lastPhaseTransitionTime'] = nowText;
    },
    checksMetadataUpdate: true,
    errors: statusErrors(),
  },
  PersistentVolumeClaim: { initial: () => ({ phase: 'Pending' }), prepare: withPhase('Pending'), errors: statusErrors() },
  Service: { errors: statusErrors(validateService) },
  Deployment: { ...keepLabels, errors: statusErrors(validateDeployment) },
  ReplicaSet: { errors: statusErrors(validateReplicas) },
  StatefulSet: { errors: statusErrors(validateStatefulSet) },
  DaemonSet: { ...keepTemplateGeneration, errors: statusErrors(validateDaemonSet) },
  CronJob: { checksMetadataUpdate: false },
  Ingress: { errors: statusErrors(validateIngress) },
  GatewayClass: { errors: statusErrors() },
  Gateway: { errors: statusErrors() },
  HTTPRoute: { errors: statusErrors() },
  PodDisruptionBudget: { errors: validateBudget },
};
