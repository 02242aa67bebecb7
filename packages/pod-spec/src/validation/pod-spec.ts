import type { ObjectMeta, Pod, PodSchedulingGate, PodSpec } from '../gen/pod-types.js';
import { validateAffinity } from './affinity.js';
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './containers.js';
import { validateDns, validateHostAliases } from './dns.js';
import { validateEvictionResponders } from './eviction-responders.js';
import { validateFileKeyVolumes } from './file-key-volumes.js';
import { byteLength } from './go-print.js';
import { dnsLabelErrors, dnsSubdomainErrors, outOfRange, qualifiedNameErrors } from './grammar.js';
import { validateHostUsers } from './host-users.js';
import { validateLabels } from './labels.js';
import { validateOs } from './operating-system.js';
import { validatePodResources } from './pod-resources.js';
import { validatePodSecurityContext } from './pod-security-context.js';
import { validateHostNetworkPorts } from './ports.js';
import { createReport, type Report } from './report.js';
import { validateResourceClaims } from './resource-claims.js';
import { validateContainerResourceName, validateRequirements } from './resource-requirements.js';
import { validateTolerations } from './tolerations.js';
import { validateTopologySpread } from './topology-spread.js';
import { validateVolumes } from './volumes/index.js';
import { validateHostProcess } from './windows-options.js';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const PREEMPTION_POLICIES = ['PreemptLowerPriority', 'Never'];
const MAX_DEADLINE_SECONDS = 2_147_483_647;
const MAX_HOSTNAME_BYTES = 64;

/** The rules for the spec of a Pod or of a pod template; the metadata of a template counts as empty. */
export const validatePodSpec = (spec: PodSpec, metadata: ObjectMeta, field: string, report: Report): void => {
  if (spec.terminationGracePeriodSeconds === undefined) report.required(`${field}.terminationGracePeriodSeconds`);
  validateWorkload(spec, metadata, field, report);
  validateEnum(spec.restartPolicy ?? '', RESTART_POLICIES, `${field}.restartPolicy`, report);
  if (spec.preemptionPolicy !== undefined) {
    validateEnum(spec.preemptionPolicy, PREEMPTION_POLICIES, `${field}.preemptionPolicy`, report);
  }
  validateIdentity(spec, field, report);
  validateScheduling(spec, field, report);
  validatePodSecurityContext(spec, `${field}.securityContext`, report);
  validateHostProcess(spec, field, report);
  validateHostUsers(spec, field, report);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > MAX_DEADLINE_SECONDS)) {
    report.invalid(`${field}.activeDeadlineSeconds`, deadline, outOfRange(1, MAX_DEADLINE_SECONDS));
  }
  validateOs(spec, field, report);
  validateEvictionResponders(spec, `${field}.evictionResponders`, report);
};

const validateEnum = (value: string, supported: readonly string[], field: string, report: Report): void => {
  if (value === '') report.required(field);
  else if (!supported.includes(value)) report.notSupported(field, value, supported);
};

/** The rules for the ephemeral containers of a Pod that is there already. */
export const validateAddedContainers = ({ spec, metadata }: Pod, field: string, report: Report): void => {
  const aside = createReport();
  const volumes = validateVolumes(spec.volumes ?? [], metadata, 'spec.volumes', aside);
  const claimNames = new Set((spec.resourceClaims ?? []).map(({ name = '' }) => name));
  validateEphemeralContainers({ spec, volumes, claimNames }, field, report);
};

/** Volumes, claims, containers and what they may use. */
const validateWorkload = (spec: PodSpec, metadata: ObjectMeta, field: string, report: Report): void => {
  const volumes = validateVolumes(spec.volumes ?? [], metadata, `${field}.volumes`, report);
  const claims = spec.resourceClaims ?? [];
  const claimNames = new Set(claims.map(({ name = '' }) => name).filter((name) => name !== ''));
  validateResourceClaims(claims, metadata, `${field}.resourceClaims`, report);
  const pod = { spec, volumes, claimNames };
  validateContainers(pod, `${field}.containers`, report);
  validateInitContainers(pod, `${field}.initContainers`, report);
  validateEphemeralContainers(pod, `${field}.ephemeralContainers`, report);
  validateFileKeyVolumes(spec, field, report);
  validatePodResources(spec, claimNames, `${field}.resources`, report);
  if (spec.overhead !== undefined) {
    const rules = { validateName: validateContainerResourceName, claimNames: new Set<string>() };
    validateRequirements({ limits: spec.overhead }, rules, `${field}.overhead`, report);
  }
  validateHostNetworkPorts(spec, field, report);
};

/** The names that the Pod goes by and the names of what it belongs to. */
const validateIdentity = (spec: PodSpec, field: string, report: Report): void => {
  for (const name of ['serviceAccountName', 'nodeName', 'priorityClassName'] as const) {
    if (spec[name]) report.invalidEach(`${field}.${name}`, spec[name], dnsSubdomainErrors(spec[name]));
  }
  const { runtimeClassName } = spec;
  if (runtimeClassName !== undefined)
    report.invalidEach(`${field}.runtimeClassName`, runtimeClassName, dnsSubdomainErrors(runtimeClassName));
  for (const name of ['hostname', 'subdomain'] as const) {
    if (spec[name]) report.invalidEach(`${field}.${name}`, spec[name], dnsLabelErrors(spec[name]));
  }
  validateHostnameOverride(spec, `${field}.hostnameOverride`, report);
  validateDns(spec, field, report);
  validateHostAliases(spec.hostAliases ?? [], `${field}.hostAliases`, report);
};

const validateHostnameOverride = (spec: PodSpec, field: string, report: Report): void => {
  const { hostnameOverride } = spec;
  if (hostnameOverride === undefined) return;
  if (spec.setHostnameAsFQDN === true) report.forbidden(field, 'may not be specified when setHostnameAsFQDN is true');
  if (spec.hostNetwork === true) report.forbidden(field, 'may not be specified when hostNetwork is true');
  if (byteLength(hostnameOverride) > MAX_HOSTNAME_BYTES) report.tooLong(field, MAX_HOSTNAME_BYTES);
  report.invalidEach(field, hostnameOverride, dnsSubdomainErrors(hostnameOverride));
};

/** What a scheduler would look at; checked though no scheduler is asked. */
const validateScheduling = (spec: PodSpec, field: string, report: Report): void => {
  validateLabels(spec.nodeSelector, `${field}.nodeSelector`, report);
  if (spec.affinity) validateAffinity(spec.affinity, `${field}.affinity`, report);
  validateTolerations(spec.tolerations ?? [], `${field}.tolerations`, report);
  validateTopologySpread(spec.topologySpreadConstraints ?? [], `${field}.topologySpreadConstraints`, report);
  for (const [i, { conditionType = '' }] of (spec.readinessGates ?? []).entries()) {
    report.invalidEach(`${field}.readinessGates[${i}].conditionType`, conditionType, qualifiedNameErrors(conditionType));
  }
  validateSchedulingGates(spec.schedulingGates ?? [], `${field}.schedulingGates`, report);
};

const validateSchedulingGates = (gates: readonly PodSchedulingGate[], field: string, report: Report): void => {
  const names = new Set<string>();
  for (const [i, { name = '' }] of gates.entries()) {
    report.invalidEach(`${field}[${i}]`, name, qualifiedNameErrors(name));
    if (names.has(name)) report.duplicate(`${field}[${i}]`, name);
    names.add(name);
  }
};
