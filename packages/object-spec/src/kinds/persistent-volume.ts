import { formatQuantity, quantitySign, quantityValue } from '@solo-kubelet/pod-spec';
import {
  dnsSubdomainErrors,
  fillPersistentSources,
  type Report,
  roundList,
  subdomainNameErrors,
  VOLUME_MODES,
  validateAccessModes,
  validateNodeSelector,
} from '@solo-kubelet/pod-spec/schema';
import type { PersistentVolume, PersistentVolumeSpec } from '../gen/object-types.js';
import { isSameStruct } from '../object/same-value.js';
import { nodeSelectorTermWarnings } from '../warnings/node-labels.js';
import { validateUnchanged } from './immutable-field.js';
import type { KindRules } from './kind-rules.js';
import { validatePersistentSource } from './persistent-sources.js';

const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];
const MOUNT_OPTIONS_ANNOTATION = 'volume.beta.kubernetes.io/mount-options';
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

const validateCapacity = (capacity: Readonly<Record<string, string>> | undefined, field: string, report: Report): void => {
  const entries = Object.entries(capacity ?? {});
  if (entries.length === 0) report.required(field);
  if (capacity?.['storage'] === undefined || entries.length > 1) {
    const sorted = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    report.notSupportedStructure(field, capacity && sorted, ['storage']);
  }
  for (const [name, quantity] of entries) {
    const value = quantityValue(quantity);
    if (value < 0n) report.invalid(`${field}[${name}]`, value, 'must be a valid resource quantity');
    if (quantitySign(quantity) <= 0) report.invalid(`${field}[${name}]`, formatQuantity(quantity), 'must be greater than zero');
  }
};

/** Whether a path is the root once it is cleaned. */
const isRoot = (path: string): boolean => {
  const depth: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') depth.pop();
    else if (part !== '' && part !== '.') depth.push(part);
  }
  return path.startsWith('/') && depth.length === 0;
};

const validateSpec = (spec: PersistentVolumeSpec, name: string, report: Report): void => {
  const { accessModes = [], persistentVolumeReclaimPolicy: reclaim = '', nodeAffinity, hostPath } = spec;
  if (accessModes.length === 0) report.required('spec.accessModes');
  validateAccessModes(accessModes, 'spec.accessModes', report);
  validateCapacity(spec.capacity, 'spec.capacity', report);
  if (reclaim !== '' && !RECLAIM_POLICIES.includes(reclaim)) {
    report.notSupported('spec.persistentVolumeReclaimPolicy', reclaim, RECLAIM_POLICIES);
  }
  if (nodeAffinity !== undefined) {
    if (nodeAffinity.required === undefined) report.required('spec.nodeAffinity.required', 'must specify required node constraints');
    else validateNodeSelector(nodeAffinity.required, 'spec.nodeAffinity.required', report);
  }
  validatePersistentSource(spec, name, report);
  if (hostPath !== undefined && isRoot(hostPath.path ?? '') && reclaim === 'Recycle') {
    report.forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'");
  }
  const { storageClassName = '', volumeMode, volumeAttributesClassName } = spec;
  if (storageClassName !== '') report.invalidEach('spec.storageClassName', storageClassName, dnsSubdomainErrors(storageClassName));
  if (volumeMode !== undefined && !VOLUME_MODES.includes(volumeMode)) report.notSupported('spec.volumeMode', volumeMode, VOLUME_MODES);
  if (volumeAttributesClassName === undefined) return;
  if (volumeAttributesClassName === '') report.required('spec.volumeAttributesClassName', 'an empty string is disallowed');
  else report.invalidEach('spec.volumeAttributesClassName', volumeAttributesClassName, dnsSubdomainErrors(volumeAttributesClassName));
  if (spec.csi === undefined) report.required('spec.csi', 'has to be specified when using volumeAttributesClassName');
};

/** Sources whose mounts may have options by an annotation of old. */
const WITH_MOUNT_OPTIONS = [
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'nfs',
  'rbd',
  'quobyte',
  'iscsi',
  'cinder',
  'cephfs',
  'azureFile',
  'vsphereVolume',
  'azureDisk',
  'photonPersistentDisk',
] as const;

const validate = ({ metadata, spec }: PersistentVolume, report: Report): void => {
  validateSpec(spec, metadata.name ?? '', report);
  const isAnnotated = metadata.annotations?.[MOUNT_OPTIONS_ANNOTATION] !== undefined;
  if (isAnnotated && WITH_MOUNT_OPTIONS.every((name) => spec[name] === undefined)) {
    report.forbidden(`metadata.annotations.${MOUNT_OPTIONS_ANNOTATION}`, 'may not specify mount options for this volume type');
  }
};

/** A secret to make the volume larger with may be added later. */
const withoutNewExpandSecret = (spec: PersistentVolumeSpec, old: PersistentVolumeSpec): PersistentVolumeSpec => {
  if (spec.csi?.controllerExpandSecretRef === undefined || old.csi === undefined || old.csi.controllerExpandSecretRef !== undefined) {
    return spec;
  }
  const { controllerExpandSecretRef: _secret, ...csi } = spec.csi;
  return { ...spec, csi };
};

const GONE = {
  cephfs: 'cephfs: deprecated in v1.28, non-functional in v1.31+',
  photonPersistentDisk: 'photonPersistentDisk: deprecated in v1.11, non-functional in v1.16+',
  scaleIO: 'scaleIO: deprecated in v1.16, non-functional in v1.22+',
  storageos: 'storageOS: deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'glusterfs: deprecated in v1.25, non-functional in v1.26+',
  rbd: 'rbd: deprecated in v1.28, non-functional in v1.31+',
} as const;

const ANNOTATIONS = {
  [CLASS_ANNOTATION]: 'deprecated since v1.8; use "storageClassName" attribute instead',
  [MOUNT_OPTIONS_ANNOTATION]: 'deprecated since v1.31; use "mountOptions" attribute instead',
};

export const persistentVolumeRules: KindRules<PersistentVolume> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: false,
  updateChecksMetadata: true,
  checksMetadataUpdate: false,
  fillDefaults: ({ spec }) => {
    spec.persistentVolumeReclaimPolicy ||= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    roundList(spec.capacity);
    fillPersistentSources(spec);
  },
  validate,
  validateUpdate: (volume, old, report) => {
    // Upstream looks at the whole twice.
    validate(volume, report);
    validate(volume, report);
    const compared = withoutNewExpandSecret(volume.spec, old.spec);
    if (!isSameStruct('PersistentVolumeSource', compared, old.spec)) {
      report.forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation');
    }
    validateUnchanged({ struct: 'PersistentVolumeSpec', name: 'volumeMode', field: 'volumeMode' }, volume.spec, old.spec, report);
    validateNodeAffinityUpdate(volume.spec, old.spec, report);
    if (old.spec.volumeAttributesClassName !== undefined && volume.spec.volumeAttributesClassName === undefined) {
      report.forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden');
    }
  },
  warnings: ({ metadata, spec }) => [
    ...Object.entries(ANNOTATIONS)
      .filter(([name]) => metadata.annotations?.[name] !== undefined)
      .map(([name, text]) => `metadata.annotations[${name}]: ${text}`),
    ...(spec.persistentVolumeReclaimPolicy === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        ]
      : []),
    ...(spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).flatMap((term, i) =>
      nodeSelectorTermWarnings(term, { checkValues: false }, `spec.nodeAffinity.required.nodeSelectorTerms[${i}]`),
    ),
    ...(Object.keys(GONE) as (keyof typeof GONE)[]).filter((name) => spec[name] !== undefined).map((name) => `spec.${GONE[name]}`),
  ],
};

/** Labels of nodes that got a new name may be brought up to date. */
const RENAMED: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
};

const validateNodeAffinityUpdate = ({ nodeAffinity }: PersistentVolumeSpec, old: PersistentVolumeSpec, report: Report): void => {
  if (old.nodeAffinity === undefined) return;
  const newNames = (affinity: PersistentVolumeSpec['nodeAffinity'], like: PersistentVolumeSpec['nodeAffinity']) =>
    affinity && {
      ...affinity,
      ...(affinity.required && {
        required: {
          ...affinity.required,
          nodeSelectorTerms: (affinity.required.nodeSelectorTerms ?? []).map((term, i) => ({
            ...term,
            ...(term.matchExpressions && {
              matchExpressions: term.matchExpressions.map((expression, j) => {
                const wanted = like?.required?.nodeSelectorTerms?.[i]?.matchExpressions?.[j]?.key;
                const renamed = RENAMED[expression.key];
                return renamed !== undefined && renamed === wanted ? { ...expression, key: renamed } : expression;
              }),
            }),
          })),
        },
      }),
    };
  if (isSameStruct('VolumeNodeAffinity', nodeAffinity, newNames(old.nodeAffinity, nodeAffinity))) return;
  report.invalidStructure('nodeAffinity', nodeAffinity, 'field is immutable, except for updating from beta label to GA');
};
