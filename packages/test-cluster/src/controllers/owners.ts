import type { StoredObject } from '@solo-kubelet/api-server';
import type { OwnerReference } from '@solo-kubelet/pod-spec';

export const ownersOf = ({ metadata }: StoredObject): readonly OwnerReference[] => metadata.ownerReferences ?? [];

/** Who is in charge of an object. */
export const controllerOf = (object: StoredObject): OwnerReference | undefined =>
  ownersOf(object).find(({ controller }) => controller === true);

/** That somebody is in charge of what is made. */
export const controlledBy = ({ apiVersion, kind, metadata }: StoredObject): readonly OwnerReference[] => [
  { apiVersion, kind, name: metadata.name!, uid: metadata.uid!, controller: true, blockOwnerDeletion: true },
];

export const isControlledBy = (object: StoredObject, { metadata }: StoredObject): boolean => controllerOf(object)?.uid === metadata.uid;

/** Whose key a change is about: the object's own if it is of the kind, else that of the one of this kind that is in charge of it. */
export const keysByOwner = (kind: string, object: StoredObject, key: string): readonly string[] => {
  if (object.kind === kind) return [key];
  const owner = controllerOf(object);
  return owner?.kind === kind ? [`${object.metadata.namespace}/${owner.name}`] : [];
};
