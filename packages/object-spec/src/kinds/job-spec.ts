import { byteLength, dnsSubdomainErrors, goQuote, qualifiedNameErrors, type Report } from '@solo-kubelet/pod-spec/schema';
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../gen/object-types.js';
import { validateNotNegative } from './int-or-percent.js';
import { parseJobIndexes } from './job-indexes.js';
import type { ObjectPolicy } from './kind-rules.js';
import { validateTemplate } from './pod-template.js';

const MAX_INDEXED_PARALLELISM = 100_000;
const MAX_FAILED_INDEXES = 100_000;
/** From here on backoffLimitPerIndex is bounded more tightly. */
const MANY_COMPLETIONS = 100_000;
const MAX_WITH_MANY_COMPLETIONS = 10_000;
const MAX_MANAGED_BY_BYTES = 63;
const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_INDEXES_BYTES = 64 * 1024;

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const STATUSES = ['False', 'True', 'Unknown'];
const COMPLETION_MODES = ['NonIndexed', 'Indexed'];

/** As Go prints a list of texts with %q. */
const quotedList = (texts: readonly string[]): string => `[${texts.map(goQuote).join(' ')}]`;

/** The rules for the spec of a Job, or of what a CronJob makes Jobs from, but for the selector. */
export const validateJobSpec = (spec: JobSpec, field: string, report: Report, policy: ObjectPolicy): void => {
  const counts = [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const;
  for (const name of counts) validateNotNegative(spec[name], `${field}.${name}`, report);
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    report.required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified');
  }
  if (spec.managedBy !== undefined) validateManagedBy(spec.managedBy, `${field}.managedBy`, report);
  validateCompletionMode(spec, field, report);
  if (spec.podFailurePolicy !== undefined) validateFailurePolicy(spec, `${field}.podFailurePolicy`, report);
  if (spec.successPolicy !== undefined) {
    if (spec.completionMode === 'Indexed') validateSuccessPolicy(spec, `${field}.successPolicy`, report);
    else report.invalidStructure(`${field}.successPolicy`, spec.successPolicy, 'requires indexed completion mode');
  }
  validateReplacementPolicy(spec, `${field}.podReplacementPolicy`, report);
  validateTemplate(spec.template, `${field}.template`, report, policy);
  validateRestartPolicy(spec, `${field}.template.spec.restartPolicy`, report);
};

const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const httpPath = new RegExp(`^${HTTP_PATH}$`);

const validateManagedBy = (value: string, field: string, report: Report): void => {
  const slash = value.indexOf('/');
  if (value === '') report.required(field);
  else if (slash <= 0 || slash === value.length - 1) report.invalid(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")');
  else {
    const [host, path] = [value.slice(0, slash), value.slice(slash + 1)];
    report.invalidEach(field, host, dnsSubdomainErrors(host));
    if (!httpPath.test(path)) report.invalid(field, path, `Invalid path (regex used for validation is '${HTTP_PATH}')`);
  }
  if (byteLength(value) > MAX_MANAGED_BY_BYTES) report.tooLong(field, MAX_MANAGED_BY_BYTES);
};

const validateCompletionMode = (spec: JobSpec, field: string, report: Report): void => {
  const { completionMode, backoffLimitPerIndex, maxFailedIndexes } = spec;
  if (completionMode !== undefined && !COMPLETION_MODES.includes(completionMode)) {
    report.notSupported(`${field}.completionMode`, completionMode, COMPLETION_MODES);
  }
  if (completionMode === 'Indexed') validateIndexed(spec, field, report);
  if (completionMode !== undefined && completionMode !== 'NonIndexed') return;
  const detail = 'requires indexed completion mode';
  if (backoffLimitPerIndex !== undefined) report.invalid(`${field}.backoffLimitPerIndex`, backoffLimitPerIndex, detail);
  if (maxFailedIndexes !== undefined) report.invalid(`${field}.maxFailedIndexes`, maxFailedIndexes, detail);
};

const validateIndexed = (spec: JobSpec, field: string, report: Report): void => {
  const { completions, parallelism, maxFailedIndexes, backoffLimitPerIndex } = spec;
  if (completions === undefined) report.required(`${field}.completions`, 'when completion mode is Indexed');
  const atMost = (name: 'parallelism' | 'maxFailedIndexes', max: number, detail: string): void => {
    const value = spec[name];
    if (value !== undefined && value > max) report.invalid(`${field}.${name}`, value, detail);
  };
  const bound = (max: number): string => `must be less than or equal to ${max}`;
  atMost('parallelism', MAX_INDEXED_PARALLELISM, `${bound(MAX_INDEXED_PARALLELISM)} when completion mode is Indexed`);
  if (completions !== undefined) atMost('maxFailedIndexes', completions, 'must be less than or equal to completions');
  atMost('maxFailedIndexes', MAX_FAILED_INDEXES, bound(MAX_FAILED_INDEXES));
  if (completions === undefined || completions <= MANY_COMPLETIONS || backoffLimitPerIndex === undefined) return;
  if (maxFailedIndexes === undefined) {
    report.required(`${field}.maxFailedIndexes`, `must be specified when completions is above ${MANY_COMPLETIONS}`);
  }
  const many = `${bound(MAX_WITH_MANY_COMPLETIONS)} when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  if (parallelism !== undefined) atMost('parallelism', MAX_WITH_MANY_COMPLETIONS, many);
  atMost('maxFailedIndexes', MAX_WITH_MANY_COMPLETIONS, many);
};

const validateFailurePolicy = (spec: JobSpec, field: string, report: Report): void => {
  const rules = spec.podFailurePolicy?.rules ?? [];
  if (rules.length > MAX_RULES) report.tooMany(`${field}.rules`, rules.length, MAX_RULES);
  const pod = spec.template.spec;
  const names = [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])].map(({ name = '' }) => name);
  for (const [i, rule] of rules.entries()) validateFailureRule(rule, { spec, names }, `${field}.rules[${i}]`, report);
};

const validateFailureRule = (
  { action, onExitCodes, onPodConditions = [] }: PodFailurePolicyRule,
  { spec, names }: { readonly spec: JobSpec; readonly names: readonly string[] },
  field: string,
  report: Report,
): void => {
  if (!action) report.required(`${field}.action`, `valid values: ${quotedList(ACTIONS)}`);
  else if (action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined) report.invalid(`${field}.action`, action, 'requires the backoffLimitPerIndex to be set');
  } else if (!ACTIONS.includes(action)) report.notSupported(`${field}.action`, action, ACTIONS);
  if (onExitCodes !== undefined) validateExitCodes(onExitCodes, names, `${field}.onExitCodes`, report);
  validateConditions(onPodConditions, `${field}.onPodConditions`, report);
  if (onExitCodes !== undefined && onPodConditions.length > 0) {
    report.invalidOmitted(field, 'specifying both OnExitCodes and OnPodConditions is not supported');
  }
  if (onExitCodes === undefined && onPodConditions.length === 0) {
    report.invalidOmitted(field, 'specifying one of OnExitCodes and OnPodConditions is required');
  }
};

const validateConditions = (patterns: readonly PodFailurePolicyOnPodConditionsPattern[], field: string, report: Report): void => {
  if (patterns.length > MAX_RULES) report.tooMany(field, patterns.length, MAX_RULES);
  for (const [i, { type = '', status }] of patterns.entries()) {
    report.invalidEach(`${field}[${i}].type`, type, qualifiedNameErrors(type));
    if (!status) report.required(`${field}[${i}].status`, `valid values: ${quotedList(STATUSES)}`);
    else if (!STATUSES.includes(status)) report.notSupported(`${field}[${i}].status`, status, STATUSES);
  }
};

const validateExitCodes = (
  { operator, containerName, values: given }: PodFailurePolicyOnExitCodesRequirement,
  names: readonly string[],
  field: string,
  report: Report,
): void => {
  const values = given ?? [];
  if (!operator) report.required(`${field}.operator`, `valid values: ${quotedList(OPERATORS)}`);
  else if (!OPERATORS.includes(operator)) report.notSupported(`${field}.operator`, operator, OPERATORS);
  if (containerName !== undefined && !names.includes(containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template';
    report.invalid(`${field}.containerName`, containerName, detail);
  }
  if (values.length === 0) report.invalidStructure(`${field}.values`, given, 'at least one value is required');
  else if (values.length > MAX_EXIT_CODES) report.tooMany(`${field}.values`, values.length, MAX_EXIT_CODES);
  for (const [i, value] of values.entries()) {
    if (operator === 'In' && value === 0) report.invalid(`${field}.values[${i}]`, value, 'must not be 0 for the In operator');
    if (values.indexOf(value) < i) report.duplicate(`${field}.values[${i}]`, value);
  }
  if (values.some((value, i) => i > 0 && values[i - 1]! > value)) report.invalidStructure(`${field}.values`, values, 'must be ordered');
};

const validateSuccessPolicy = (spec: JobSpec, field: string, report: Report): void => {
  const rules = spec.successPolicy?.rules ?? [];
  if (rules.length === 0) report.required(`${field}.rules`, 'at least one rules must be specified when the successPolicy is specified');
  if (rules.length > MAX_RULES) report.tooMany(`${field}.rules`, rules.length, MAX_RULES);
  for (const [i, rule] of rules.entries()) validateSuccessRule(rule, spec.completions ?? 0, `${field}.rules[${i}]`, report);
};

const validateSuccessRule = (
  { succeededIndexes, succeededCount }: SuccessPolicyRule,
  completions: number,
  field: string,
  report: Report,
): void => {
  if (succeededCount === undefined && succeededIndexes === undefined) {
    report.required(field, 'at least one of succeededCount or succeededIndexes must be specified');
  }
  let total = 0;
  if (succeededIndexes !== undefined) {
    const at = `${field}.succeededIndexes`;
    if (byteLength(succeededIndexes) > MAX_INDEXES_BYTES) report.tooLong(at, MAX_INDEXES_BYTES);
    const parsed = parseJobIndexes(succeededIndexes, completions);
    if (typeof parsed === 'string') report.invalid(at, succeededIndexes, `error parsing succeededIndexes: ${parsed}`);
    else total = parsed;
  }
  if (succeededCount === undefined) return;
  const at = `${field}.succeededCount`;
  validateNotNegative(succeededCount, at, report);
  const bound = (max: number, what: string): string => `must be less than or equal to ${max} (the number of ${what})`;
  if (succeededCount > completions) report.invalid(at, succeededCount, bound(completions, 'specified completions'));
  if (succeededIndexes !== undefined && succeededCount > total) {
    report.invalid(at, succeededCount, bound(total, 'indexes in the specified succeededIndexes field'));
  }
};

const validateReplacementPolicy = ({ podReplacementPolicy: policy, podFailurePolicy }: JobSpec, field: string, report: Report): void => {
  const supported = podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed'];
  if (policy !== undefined && !supported.includes(policy)) report.notSupported(field, policy, supported);
};

const validateRestartPolicy = ({ podFailurePolicy, template }: JobSpec, field: string, report: Report): void => {
  const policy: string = template.spec?.restartPolicy ?? '';
  if (policy === '' || policy === 'Always') report.required(field, 'valid values: "OnFailure", "Never"');
  else if (policy !== 'OnFailure' && policy !== 'Never') report.notSupported(field, policy, ['OnFailure', 'Never']);
  else if (podFailurePolicy !== undefined && policy !== 'Never') {
    report.invalid(field, policy, 'only "Never" is supported when podFailurePolicy is specified');
  }
};
