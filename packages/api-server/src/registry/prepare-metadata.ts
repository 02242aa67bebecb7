import { pathSegmentNameErrors } from '@solo-kubelet/object-spec/rules';
import type { FieldError, ObjectMeta, OwnerReference } from '@solo-kubelet/pod-spec';
import { createReport, type Draft, validateCommonMeta } from '@solo-kubelet/pod-spec/schema';
import type { ObjectDraft, StoredObject } from '../stored-object.js';

const NAME_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const MAX_BASE = 63 - SUFFIX_LENGTH;

/** A name made from a prefix. */
export const generateName = (base: string, random: () => number): string => {
  let name = base.slice(0, MAX_BASE);
  for (let i = 0; i < SUFFIX_LENGTH; i++) name += NAME_LETTERS[Math.floor(random() * NAME_LETTERS.length)]!;
  return name;
};

const REPEATED_OWNERS = '.metadata.ownerReferences contains duplicate entries';
const MAY_BE_REJECTED =
  'API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests';

const isSameOwner = (a: OwnerReference, b: OwnerReference): boolean =>
  (['apiVersion', 'kind', 'name', 'uid', 'controller', 'blockOwnerDeletion'] as const).every((name) => a[name] === b[name]);

/** Takes out owners that are there twice; `when` is said of those that were not in the request as it came. */
export const dedupeOwners = (metadata: Draft<ObjectMeta>, warn: (text: string) => void, when = ''): void => {
  const owners = metadata.ownerReferences ?? [];
  const isRepeated = (owner: OwnerReference, i: number): boolean => owners.slice(0, i).some((earlier) => isSameOwner(earlier, owner));
  const repeated = owners.filter(isRepeated);
  if (repeated.length === 0) return;
  metadata.ownerReferences = owners.filter((owner, i) => !isRepeated(owner, i));
  warn(`${REPEATED_OWNERS}${when}; ${MAY_BE_REJECTED}; duplicate UID(s) observed: ${repeated.map(({ uid }) => uid).join(', ')}`);
};

/** What the server alone says about a new object. */
export const fillNewMetadata = (metadata: Draft<ObjectMeta>, uid: string, nowText: string): void => {
  delete metadata.selfLink;
  metadata.uid = uid;
  metadata.creationTimestamp = nowText;
};

/** What an update leaves as it was, whatever it says. */
export const keepMetadata = (metadata: Draft<ObjectMeta>, old: ObjectMeta): void => {
  delete metadata.selfLink;
  if (!metadata.uid && old.uid !== undefined) metadata.uid = old.uid;
  if (old.creationTimestamp !== undefined) metadata.creationTimestamp = old.creationTimestamp;
  if (old.deletionTimestamp !== undefined) metadata.deletionTimestamp = old.deletionTimestamp;
  if (old.deletionGracePeriodSeconds !== undefined) metadata.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds;
};

const goStrings = (items: readonly string[]): string => `[]string{${items.map((item) => JSON.stringify(item)).join(', ')}}`;

/** The rules for a change of metadata that hold for every kind (validation.ValidateObjectMetaAccessorUpdate). */
export const metadataUpdateErrors = (draft: ObjectDraft, old: StoredObject): readonly FieldError[] => {
  const { metadata } = draft as StoredObject;
  const before = old.metadata;
  const report = createReport();
  if (before.deletionTimestamp !== undefined) {
    const added = [...new Set((metadata.finalizers ?? []).filter((name) => !(before.finalizers ?? []).includes(name)))].sort();
    if (added.length > 0) {
      report.forbidden(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers ${goStrings(added)}`,
      );
    }
  }
  if (metadata.deletionTimestamp !== before.deletionTimestamp) {
    report.invalid('metadata.deletionTimestamp', metadata.deletionTimestamp ?? '', 'field is immutable');
  }
  for (const name of ['name', 'namespace', 'uid'] as const) {
    if ((metadata[name] ?? '') !== (before[name] ?? '')) report.invalid(`metadata.${name}`, metadata[name] ?? '', 'field is immutable');
  }
  if (metadata.deletionGracePeriodSeconds !== before.deletionGracePeriodSeconds) {
    report.invalid('metadata.deletionGracePeriodSeconds', metadata.deletionGracePeriodSeconds ?? 0, 'field is immutable');
  }
  report.include(commonErrors(metadata));
  return report.errors;
};

/** The rules for any metadata, which an update looks at once more (rest.validateCommonFields). */
export const anyMetadataErrors = ({ metadata }: StoredObject, namespaced: boolean): readonly FieldError[] => {
  const report = createReport();
  validateCommonMeta(metadata, { namespaced, nameErrors: pathSegmentNameErrors }, 'metadata', report);
  return report.errors;
};

/** Labels, annotations, owners and owners of fields. */
const commonErrors = (metadata: ObjectMeta): readonly FieldError[] => {
  const report = createReport();
  const { finalizers: _finalizers, generateName: _base, ...looked } = metadata;
  validateCommonMeta(
    { ...looked, name: 'x', namespace: 'x' } as ObjectMeta,
    { namespaced: true, nameErrors: pathSegmentNameErrors },
    'metadata',
    report,
  );
  return report.errors;
};
