import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '@solo-kubelet/object-spec';
import type { ClaimState, VolumeState } from './claim.js';
import { allClasses, defaultClass, localClass } from './storage-class.js';

const EPOCH = '1970-01-01T00:00:00Z';

/** A claim as an API server shows it (pkg/controller/volume/persistentvolume/pv_controller.go). */
export const shownClaim = ({ claim, phase, terminating, volume, className }: ClaimState): PersistentVolumeClaim => {
  const { storageClassName = volume?.spec.storageClassName ?? (className || undefined) } = claim.spec;
  const bound = {
    'pv.kubernetes.io/bind-completed': 'yes',
    // Whoever names the volume has bound the claim himself.
    ...(claim.spec.volumeName !== volume?.metadata.name && { 'pv.kubernetes.io/bound-by-controller': 'yes' }),
  };
  return {
    ...claim,
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...claim.metadata,
      finalizers: ['kubernetes.io/pvc-protection'],
      ...(volume && { annotations: { ...claim.metadata.annotations, ...bound } }),
      ...(terminating && { deletionTimestamp: claim.metadata.deletionTimestamp ?? claim.metadata.creationTimestamp ?? EPOCH }),
    },
    spec: {
      ...claim.spec,
      ...(storageClassName === undefined ? {} : { storageClassName }),
      ...(volume?.metadata.name && { volumeName: volume.metadata.name }),
    },
    status: {
      phase,
      ...(volume && { accessModes: volume.spec.accessModes ?? [], capacity: volume.spec.capacity ?? {} }),
    },
  } as PersistentVolumeClaim;
};

export const shownVolume = ({ volume, phase, message }: VolumeState): PersistentVolume =>
  ({
    ...volume,
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { ...volume.metadata, finalizers: ['kubernetes.io/pv-protection'] },
    status: { phase, ...(message && { message }) },
  }) as PersistentVolume;

/** The classes that there are, with the mark of the default on the built-in one where no document has it. `since`: how old that one is, RFC 3339. */
export const shownClasses = (classes: readonly StorageClass[], since?: string): readonly StorageClass[] => {
  const isDefault = defaultClass(classes)?.metadata.name === localClass.metadata.name;
  const mark = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  return allClasses(classes).map((one) =>
    one === localClass
      ? { ...one, metadata: { ...one.metadata, ...(since && { creationTimestamp: since }), ...(isDefault && { annotations: mark }) } }
      : one,
  );
};
