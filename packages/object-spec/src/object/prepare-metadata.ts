import type { ObjectMeta, OwnerReference } from '@solo-kubelet/pod-spec';
import type { Draft, NameErrors } from '@solo-kubelet/pod-spec/schema';

/** Set by the server alone. */
const SYSTEM_FIELDS = [
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'managedFields',
] as const;

const REPEATED_OWNERS =
  '.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests';

const isSameOwner = (a: OwnerReference, b: OwnerReference): boolean =>
  (['apiVersion', 'kind', 'name', 'uid', 'controller', 'blockOwnerDeletion'] as const).every((name) => a[name] === b[name]);

/** What the server does to the metadata it is sent: takes out what is its own, puts the object where it belongs. Returns what it warns of. */
export const prepareMetadata = (metadata: Draft<ObjectMeta>, { namespaced }: { readonly namespaced: boolean }): readonly string[] => {
  for (const name of SYSTEM_FIELDS) delete metadata[name];
  if (!namespaced) delete metadata.namespace;
  else metadata.namespace ||= 'default';
  const owners = metadata.ownerReferences ?? [];
  const isRepeated = (owner: OwnerReference, i: number): boolean => owners.slice(0, i).some((earlier) => isSameOwner(earlier, owner));
  const repeated = owners.filter(isRepeated);
  if (repeated.length === 0) return [];
  metadata.ownerReferences = owners.filter((owner, i) => !isRepeated(owner, i));
  return [`${REPEATED_OWNERS}; duplicate UID(s) observed: ${repeated.map(({ uid }) => uid).join(', ')}`];
};

/** The name as a segment of a path, which any name must be. */
export const pathSegmentNameErrors = (name: string, prefix: boolean): readonly string[] => {
  if (!prefix && (name === '.' || name === '..')) return [`may not be '${name}'`];
  return ['/', '%'].filter((text) => name.includes(text)).map((text) => `may not contain '${text}'`);
};

/** The names of roles and what binds them: a segment of a path, also where more will follow. */
export const rbacNameErrors: NameErrors = (name) => pathSegmentNameErrors(name, false);
