import type { DownwardAPIVolumeFile, ObjectFieldSelector, ResourceFieldSelector } from '../gen/pod-types.js';
import { formatQuantity, quantitySign } from '../quantity/quantity.js';
import { qualifiedNameErrors } from './grammar.js';
import { validateFileMode, validateNonReservedPath } from './local-path.js';
import type { Report } from './report.js';
import { validateId } from './security-context.js';

export const ENV_FIELD_PATHS: readonly string[] = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

export const VOLUME_FIELD_PATHS: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** What can be named at all; where it may be named is a further rule. */
const KNOWN_FIELD_PATHS: ReadonlySet<string> = new Set([
  ...ENV_FIELD_PATHS,
  ...VOLUME_FIELD_PATHS,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);

/** `path['subscript']` in its parts; undefined if the text has no subscript. */
const splitSubscript = (fieldPath: string): { path: string; subscript: string } | undefined => {
  const start = fieldPath.indexOf("['");
  if (start < 1 || !fieldPath.endsWith("']") || fieldPath.length < start + 4) return undefined;
  return { path: fieldPath.slice(0, start), subscript: fieldPath.slice(start + 2, -2) };
};

export const validateFieldRef = (ref: ObjectFieldSelector, supported: readonly string[], field: string, report: Report): void => {
  const { apiVersion = '', fieldPath = '' } = ref;
  if (apiVersion === '') report.required(`${field}.apiVersion`);
  else if (fieldPath === '') report.required(`${field}.fieldPath`);
  else {
    const problem = conversionError(apiVersion, fieldPath);
    if (problem !== undefined) report.invalid(`${field}.fieldPath`, fieldPath, `error converting fieldPath: ${problem}`);
    else validateKnownFieldPath(fieldPath, supported, field, report);
  }
};

const conversionError = (apiVersion: string, fieldPath: string): string | undefined => {
  if (apiVersion !== 'v1') return `unsupported pod version: ${apiVersion}`;
  const path = splitSubscript(fieldPath)?.path;
  if (path === 'metadata.annotations' || path === 'metadata.labels') return undefined;
  if (path !== undefined) return `field label does not support subscript: ${fieldPath}`;
  return KNOWN_FIELD_PATHS.has(fieldPath) || fieldPath === OLD_NODE_NAME ? undefined : `field label not supported: ${fieldPath}`;
};

/** Stands for spec.nodeName in manifests from before v1. */
const OLD_NODE_NAME = 'spec.host';

const validateKnownFieldPath = (fieldPath: string, supported: readonly string[], field: string, report: Report): void => {
  const subscripted = splitSubscript(fieldPath);
  if (subscripted !== undefined) {
    const { path, subscript } = subscripted;
    const key = path === 'metadata.annotations' ? subscript.toLowerCase() : subscript;
    report.invalidEach(field, key, qualifiedNameErrors(key));
    return;
  }
  const path = fieldPath === OLD_NODE_NAME ? 'spec.nodeName' : fieldPath;
  if (!supported.includes(path)) report.notSupported(`${field}.fieldPath`, path, supported);
};

const RESOURCE_FIELDS: readonly string[] = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

const isHugePagesField = (resource: string): boolean => /^(limits|requests)\.hugepages-/.test(resource);

/** The file of a volume must say whose resources it means; an environment variable means its own container. */
export const validateResourceFieldRef = (
  ref: ResourceFieldSelector,
  field: string,
  { isVolume }: { readonly isVolume: boolean },
  report: Report,
): void => {
  const { containerName = '', resource = '', divisor } = ref;
  if (isVolume && containerName === '') report.required(`${field}.containerName`);
  else if (resource === '') report.required(`${field}.resource`);
  else if (!RESOURCE_FIELDS.includes(resource) && !isHugePagesField(resource)) {
    report.notSupported(`${field}.resource`, resource, RESOURCE_FIELDS);
  }
  if (divisor !== undefined) validateDivisor(resource, divisor, `${field}.divisor`, report);
};

const CPU_DIVISORS: readonly string[] = ['1m', '1'];
const BYTE_DIVISORS: readonly string[] = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

const DIVISORS: readonly { applies(resource: string): boolean; allowed: readonly string[]; detail: string }[] = [
  {
    applies: (resource) => /^(limits|requests)\.cpu$/.test(resource),
    allowed: CPU_DIVISORS,
    detail: '1m and 1 are supported with the cpu resource',
  },
  ...[
    { pattern: /^(limits|requests)\.memory$/, name: 'memory' },
    { pattern: /^(limits|requests)\.ephemeral-storage$/, name: 'local ephemeral storage' },
    { pattern: /^(limits|requests)\.hugepages-/, name: 'hugepages' },
  ].map(({ pattern, name }) => ({
    applies: (resource: string) => pattern.test(resource),
    allowed: BYTE_DIVISORS,
    detail: `${BYTE_DIVISORS.join(', ')} are supported with the ${name} resource`,
  })),
];

/** A divisor of zero counts as none. */
const validateDivisor = (resource: string, divisor: string, field: string, report: Report): void => {
  if (quantitySign(divisor) === 0) return;
  const rule = DIVISORS.find(({ applies }) => applies(resource));
  if (rule !== undefined && !rule.allowed.includes(formatQuantity(divisor))) {
    report.invalid(field, resource, `only divisor's values ${rule.detail}`);
  }
};

/** One file of a downwardAPI volume; its errors carry no index. */
export const validateDownwardFile = (file: DownwardAPIVolumeFile, field: string, report: Report): void => {
  const { path = '', fieldRef, resourceFieldRef, mode, user } = file;
  if (path === '') report.required(`${field}.path`);
  validateNonReservedPath(path, `${field}.path`, report);
  if (fieldRef) {
    validateFieldRef(fieldRef, VOLUME_FIELD_PATHS, `${field}.fieldRef`, report);
    if (resourceFieldRef) report.invalid(field, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously');
  } else if (resourceFieldRef) validateResourceFieldRef(resourceFieldRef, `${field}.resourceFieldRef`, { isVolume: true }, report);
  else report.required(field, 'one of fieldRef and resourceFieldRef is required');
  validateFileMode(mode, `${field}.mode`, report);
  validateId(user, `${field}.user`, report);
};
