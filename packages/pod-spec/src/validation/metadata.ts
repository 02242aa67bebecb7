import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from '../gen/pod-types.js';
import { byteLength, isPrintable } from './go-print.js';
import { dnsLabelErrors, dnsLabelPrefixErrors, dnsSubdomainErrors, dnsSubdomainPrefixErrors, qualifiedNameErrors } from './grammar.js';
import { validateLabels } from './labels.js';
import type { Report } from './report.js';

const MAX_ANNOTATIONS_BYTES = 256 * 1024;
const MAX_MANAGER_BYTES = 128;
const MAX_SUBRESOURCE_BYTES = 256;

/** What is wrong with a name; with `prefix` more will follow, so that a dash may end it. */
export type NameErrors = (name: string, prefix: boolean) => readonly string[];

export const subdomainNameErrors: NameErrors = (name, prefix) => (prefix ? dnsSubdomainPrefixErrors(name) : dnsSubdomainErrors(name));

export const labelNameErrors: NameErrors = (name, prefix) => (prefix ? dnsLabelPrefixErrors(name) : dnsLabelErrors(name));

export interface MetadataRules {
  readonly namespaced: boolean;
  readonly nameErrors: NameErrors;
}

/** The rules that hold for the metadata of every object, without those that Kubernetes' own kinds add for finalizers. */
export const validateCommonMeta = (
  metadata: ObjectMeta,
  { namespaced, nameErrors }: MetadataRules,
  field: string,
  report: Report,
): void => {
  const { generateName = '', name = '', namespace = '' } = metadata;
  if (generateName !== '') report.invalidEach(`${field}.generateName`, generateName, nameErrors(generateName, true));
  if (name === '') report.required(`${field}.name`, 'name or generateName is required');
  else report.invalidEach(`${field}.name`, name, nameErrors(name, false));
  if (!namespaced) {
    if (namespace !== '') report.forbidden(`${field}.namespace`, 'not allowed on this type');
  } else if (namespace === '') report.required(`${field}.namespace`);
  else report.invalidEach(`${field}.namespace`, namespace, dnsLabelErrors(namespace));
  if (metadata.generation !== undefined && metadata.generation < 0) {
    report.invalid(`${field}.generation`, metadata.generation, 'must be greater than or equal to 0');
  }
  validateLabels(metadata.labels, `${field}.labels`, report);
  validateAnnotations(metadata.annotations, `${field}.annotations`, report);
  validateOwnerReferences(metadata.ownerReferences ?? [], `${field}.ownerReferences`, report);
  validateFinalizers(metadata.finalizers ?? [], `${field}.finalizers`, report);
  for (const [i, entry] of (metadata.managedFields ?? []).entries()) validateManagedFields(entry, `${field}.managedFields[${i}]`, report);
};

/** The metadata of a new object of one of Kubernetes' own kinds. A Pod's name has the node's name in it already. */
export const validateObjectMeta = (metadata: ObjectMeta, rules: MetadataRules, field: string, report: Report): void => {
  validateCommonMeta(metadata, rules, field, report);
  validateFinalizerKinds(metadata, field, report);
};

/** Finalizers without a domain must be Kubernetes' own. */
export const validateFinalizerKinds = ({ finalizers = [] }: ObjectMeta, field: string, report: Report): void => {
  for (const [i, finalizer] of finalizers.entries()) validateFinalizerKind(finalizer, `${field}.finalizers[${i}]`, report);
};

export const validateAnnotations = (annotations: Readonly<Record<string, string>> | undefined, field: string, report: Report): void => {
  for (const key of Object.keys(annotations ?? {})) report.invalidEach(field, key, qualifiedNameErrors(key.toLowerCase()));
  validateAnnotationsSize(annotations, field, report);
};

export const validateAnnotationsSize = (annotations: Readonly<Record<string, string>> | undefined, field: string, report: Report): void => {
  const size = Object.entries(annotations ?? {}).reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0);
  if (size > MAX_ANNOTATIONS_BYTES) report.tooLong(field, MAX_ANNOTATIONS_BYTES);
};

const validateOwnerReferences = (owners: readonly OwnerReference[], field: string, report: Report): void => {
  let firstController: string | undefined;
  for (const owner of owners) {
    validateOwnerReference(owner, field, report);
    if (owner.controller !== true) continue;
    const controller = `${owner.kind ?? ''}/${owner.name ?? ''}`;
    if (firstController === undefined) firstController = controller;
    else {
      report.invalidStructure(
        field,
        owners,
        `Only one reference can have Controller set to true. Found "true" in references for ${firstController} and ${controller}`,
      );
    }
  }
};

const validateOwnerReference = (owner: OwnerReference, field: string, report: Report): void => {
  const { apiVersion = '', kind = '', name = '', uid = '' } = owner;
  const { group, version } = parseGroupVersion(apiVersion);
  if (version === '') report.invalid(`${field}.apiVersion`, apiVersion, 'version must not be empty');
  if (kind === '') report.invalid(`${field}.kind`, kind, 'must not be empty');
  if (name === '') report.invalid(`${field}.name`, name, 'must not be empty');
  if (uid === '') report.invalid(`${field}.uid`, uid, 'must not be empty');
  if (group === '' && version === 'v1' && kind === 'Event') {
    report.invalidStructure(field, owner, '/v1, Kind=Event is disallowed from being an owner');
  }
};

/** A text that is no group and version at all has neither. */
const parseGroupVersion = (apiVersion: string): { group: string; version: string } => {
  const parts = apiVersion.split('/');
  if (parts.length === 1) return { group: '', version: apiVersion };
  return parts.length === 2 ? { group: parts[0]!, version: parts[1]! } : { group: '', version: '' };
};

const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

const validateFinalizers = (finalizers: readonly string[], field: string, report: Report): void => {
  for (const finalizer of finalizers) report.invalidEach(field, finalizer, qualifiedNameErrors(finalizer));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    report.invalidStructure(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set');
  }
};

/** A finalizer without a domain must be one of Kubernetes' own. */
export const validateFinalizerKind = (finalizer: string, field: string, report: Report): void => {
  if (finalizer.includes('/') || STANDARD_FINALIZERS.has(finalizer)) return;
  report.invalid(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified');
};

const validateManagedFields = (entry: ManagedFieldsEntry, field: string, report: Report): void => {
  const { operation = '', fieldsType = '', manager = '', subresource = '' } = entry;
  if (operation !== 'Apply' && operation !== 'Update') report.invalid(`${field}.operation`, operation, 'must be `Apply` or `Update`');
  if (fieldsType !== '' && fieldsType !== 'FieldsV1') report.invalid(`${field}.fieldsType`, fieldsType, 'must be `FieldsV1`');
  validateManager(manager, `${field}.manager`, report);
  if (byteLength(subresource) > MAX_SUBRESOURCE_BYTES) report.tooLong(`${field}.subresource`, MAX_SUBRESOURCE_BYTES);
};

const validateManager = (manager: string, field: string, report: Report): void => {
  if (byteLength(manager) > MAX_MANAGER_BYTES) report.tooLong(field, MAX_MANAGER_BYTES);
  let position = 0;
  for (const character of manager) {
    if (!isPrintable(character)) {
      const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
      report.invalid(field, manager, `invalid character U+${code} (at position ${position})`);
    }
    position += byteLength(character);
  }
};
