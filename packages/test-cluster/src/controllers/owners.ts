import type { StoredObject } from '@solo-kubelet/api-server';

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export const ownersOf = ({ metadata }: StoredObject): readonly OwnerReference[] => metadata.ownerReferences ?? [];

/** Who is in charge of an object. */
export const controllerOf = (object: StoredObject): OwnerReference | undefined =>
  ownersOf(object).find(({ controller }) => controller === true);

/** That somebody is in charge of what is made. */
export const controlledBy = ({ apiVersion, kind, metadata }: StoredObject): readonly OwnerReference[] => [
  { apiVersion, kind, name: metadata.name!, uid: metadata.uid!, controller: true, blockOwnerDeletion: true },
];

export const isControlledBy = (object: StoredObject, { metadata }: StoredObject): boolean => controllerOf(object)?.uid === metadata.uid;
