import { ageOf } from '../age.js';
import { accessModes, quantityText, storageClassOf } from '../cell-text.js';
import { AGE_COLUMN, column, NAME_COLUMN, wideColumn } from '../column.js';
import type { KindTable } from '../kind-table.js';
import { fieldAt, isBeingDeleted, isJsonObject, isTrueAt, nameOf, optionalTextAt, textAt, textsAt } from '../read-field.js';

const phaseOf = (object: unknown): string => (isBeingDeleted(object) ? 'Terminating' : textAt(object, 'status', 'phase'));

export const persistentVolumeTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column(
      'Capacity',
      'string',
      "capacity is the description of the persistent volume's resources and capacity. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#capacity",
    ),
    column(
      'Access Modes',
      'string',
      'accessModes contains all ways the volume can be mounted. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#access-modes',
    ),
    column(
      'Reclaim Policy',
      'string',
      'persistentVolumeReclaimPolicy defines what happens to a persistent volume when released from its claim. Valid options are Retain (default for manually created PersistentVolumes), Delete (default for dynamically provisioned PersistentVolumes), and Recycle (deprecated). Recycle must be supported by the volume plugin underlying this PersistentVolume. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#reclaiming',
    ),
    column(
      'Status',
      'string',
      'phase indicates if a volume is available, bound to a claim, or released by a claim. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#phase',
    ),
    column(
      'Claim',
      'string',
      'claimRef is part of a bi-directional binding between PersistentVolume and PersistentVolumeClaim. Expected to be non-nil when bound. claim.VolumeName is the authoritative bind between PV and PVC. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#binding',
    ),
    column('StorageClass', 'string', 'StorageClass of the pv'),
    column('VolumeAttributesClass', 'string', 'VolumeAttributesClass of the pv'),
    column(
      'Reason',
      'string',
      'reason is a brief CamelCase string that describes any failure and is meant for machine parsing and tidy display in the CLI.',
    ),
    AGE_COLUMN,
    wideColumn(
      'VolumeMode',
      'string',
      'volumeMode defines if a volume is intended to be used with a formatted filesystem or to remain in raw block state. Value of Filesystem is implied when not included in spec.',
    ),
  ],
  cells: (volume, { nowMs }) => {
    const claim = fieldAt(volume, 'spec', 'claimRef');
    return [
      nameOf(volume),
      quantityText(fieldAt(volume, 'spec', 'capacity', 'storage')),
      accessModes(textsAt(volume, 'spec', 'accessModes')),
      textAt(volume, 'spec', 'persistentVolumeReclaimPolicy'),
      phaseOf(volume),
      isJsonObject(claim) ? `${textAt(claim, 'namespace')}/${textAt(claim, 'name')}` : '',
      storageClassOf(volume),
      optionalTextAt(volume, 'spec', 'volumeAttributesClassName') ?? '<unset>',
      textAt(volume, 'status', 'reason'),
      ageOf(volume, nowMs),
      optionalTextAt(volume, 'spec', 'volumeMode') ?? '<unset>',
    ];
  },
};

export const persistentVolumeClaimTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column('Status', 'string', 'phase represents the current phase of PersistentVolumeClaim.'),
    column('Volume', 'string', 'volumeName is the binding reference to the PersistentVolume backing this claim.'),
    column('Capacity', 'string', 'capacity represents the actual resources of the underlying volume.'),
    column(
      'Access Modes',
      'string',
      'accessModes contains the actual access modes the volume backing the PVC has. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#access-modes-1',
    ),
    column('StorageClass', 'string', 'StorageClass of the pvc'),
    column('VolumeAttributesClass', 'string', 'VolumeAttributesClass of the pvc'),
    AGE_COLUMN,
    wideColumn(
      'VolumeMode',
      'string',
      'volumeMode defines what type of volume is required by the claim. Value of Filesystem is implied when not included in claim spec.',
    ),
  ],
  cells: (claim, { nowMs }) => {
    const volumeName = textAt(claim, 'spec', 'volumeName');
    return [
      nameOf(claim),
      phaseOf(claim),
      volumeName,
      volumeName === '' ? '' : quantityText(fieldAt(claim, 'status', 'capacity', 'storage')),
      volumeName === '' ? '' : accessModes(textsAt(claim, 'status', 'accessModes')),
      storageClassOf(claim),
      optionalTextAt(claim, 'spec', 'volumeAttributesClassName') ?? '<unset>',
      ageOf(claim, nowMs),
      optionalTextAt(claim, 'spec', 'volumeMode') ?? '<unset>',
    ];
  },
};

const DEFAULT_CLASS = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];

export const storageClassTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column('Provisioner', 'string', 'provisioner indicates the type of the provisioner.'),
    column(
      'ReclaimPolicy',
      'string',
      'reclaimPolicy controls the reclaimPolicy for dynamically provisioned PersistentVolumes of this storage class. Defaults to Delete.',
    ),
    column(
      'VolumeBindingMode',
      'string',
      'volumeBindingMode indicates how PersistentVolumeClaims should be provisioned and bound.  When unset, VolumeBindingImmediate is used. This field is only honored by servers that enable the VolumeScheduling feature.',
    ),
    column('AllowVolumeExpansion', 'string', 'allowVolumeExpansion shows whether the storage class allow volume expand.'),
    AGE_COLUMN,
  ],
  cells: (storageClass, { nowMs }) => {
    const isDefault = DEFAULT_CLASS.some((annotation) => textAt(storageClass, 'metadata', 'annotations', annotation) === 'true');
    return [
      `${nameOf(storageClass)}${isDefault ? ' (default)' : ''}`,
      textAt(storageClass, 'provisioner'),
      optionalTextAt(storageClass, 'reclaimPolicy') ?? 'Delete',
      optionalTextAt(storageClass, 'volumeBindingMode') ?? 'Immediate',
      isTrueAt(storageClass, 'allowVolumeExpansion'),
      ageOf(storageClass, nowMs),
    ];
  },
};
