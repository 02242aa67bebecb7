import type { Pod, PodSpec, Volume, VolumeProjection } from '../gen/pod-types.js';
import { allContainers } from './all-containers.js';

export interface ApiObjectReference {
  /** What stands after "static pods may not reference"; empty if the Pod refers to nothing. */
  readonly words: string;
  /** Path of the field that refers to it. */
  readonly field: string;
}

/**
 * What only an API server has and this Pod refers to: the words after "static pods may not reference"; empty if it refers to nothing.
 * The first of these in upstream's order is told (pkg/api/pod/util.go HasAPIObjectReference).
 */
export const apiObjectReference = (pod: Pod): string => locateApiObjectReference(pod).words;

/** The same, and where. `objects`: what files can hold is there to be referred to; only the rest is told. */
export const locateApiObjectReference = ({ spec }: Pod, { objects = false }: { readonly objects?: boolean } = {}): ApiObjectReference => {
  if (objects) return beyondFiles(spec);
  if (spec.serviceAccountName) return { words: 'serviceaccounts', field: 'spec.serviceAccountName' };
  if (spec.serviceAccount) return { words: 'serviceaccounts', field: 'spec.serviceAccount' };
  const secret = secretNames(spec).find(isNamed);
  if (secret) return { words: 'secrets', field: secret[0] };
  const configMap = configMapNames(spec).find(isNamed);
  if (configMap) return { words: 'configmaps', field: configMap[0] };
  if ((spec.resourceClaims ?? []).length > 0) return { words: 'resourceclaims', field: 'spec.resourceClaims' };
  return (spec.volumes ?? []).map((volume, at) => volumeReference(volume, at)).find(({ words }) => words !== '') ?? NONE;
};

const beyondFiles = (spec: PodSpec): ApiObjectReference => {
  if ((spec.resourceClaims ?? []).length > 0) return { words: 'resourceclaims', field: 'spec.resourceClaims' };
  return (spec.volumes ?? []).map((volume, at) => volumeReference(volume, at, FILE_SOURCES)).find(({ words }) => words !== '') ?? NONE;
};

/** Sources of volumes and projections that objects in files can serve. */
const FILE_SOURCES: ReadonlySet<string> = new Set(['configMap', 'secret', 'persistentVolumeClaim', 'ephemeral', 'serviceAccountToken']);

const NONE: ApiObjectReference = { words: '', field: 'spec' };

/** Paths of fields, and the names they give. */
type Names = readonly (readonly [field: string, name: string | undefined])[];
const isNamed = ([, name]: Names[number]): boolean => Boolean(name);

const secretNames = (spec: PodSpec): Names => [
  ...(spec.imagePullSecrets ?? []).map(({ name }, i) => [`spec.imagePullSecrets[${i}].name`, name] as const),
  ...allContainers(spec).flatMap(({ container, field }) => [
    ...(container.envFrom ?? []).map(({ secretRef }, i) => [`${field}.envFrom[${i}].secretRef.name`, secretRef?.name] as const),
    ...(container.env ?? []).map(
      ({ valueFrom }, i) => [`${field}.env[${i}].valueFrom.secretKeyRef.name`, valueFrom?.secretKeyRef?.name] as const,
    ),
  ]),
  ...(spec.volumes ?? []).flatMap((volume, i) =>
    volumeSecretNames(volume).map(([path, name]) => [`spec.volumes[${i}].${path}`, name] as const),
  ),
];

const volumeSecretNames = (volume: Volume): Names => [
  ['azureFile.secretName', volume.azureFile?.secretName],
  ['cephfs.secretRef.name', volume.cephfs?.secretRef?.name],
  ['cinder.secretRef.name', volume.cinder?.secretRef?.name],
  ['flexVolume.secretRef.name', volume.flexVolume?.secretRef?.name],
  ['rbd.secretRef.name', volume.rbd?.secretRef?.name],
  ['secret.secretName', volume.secret?.secretName],
  ['scaleIO.secretRef.name', volume.scaleIO?.secretRef?.name],
  ['iscsi.secretRef.name', volume.iscsi?.secretRef?.name],
  ['storageos.secretRef.name', volume.storageos?.secretRef?.name],
  ['csi.nodePublishSecretRef.name', volume.csi?.nodePublishSecretRef?.name],
  ...(volume.projected?.sources ?? []).map(({ secret }, i) => [`projected.sources[${i}].secret.name`, secret?.name] as const),
];

const configMapNames = (spec: PodSpec): Names => [
  ...allContainers(spec).flatMap(({ container, field }) => [
    ...(container.envFrom ?? []).map(({ configMapRef }, i) => [`${field}.envFrom[${i}].configMapRef.name`, configMapRef?.name] as const),
    ...(container.env ?? []).map(
      ({ valueFrom }, i) => [`${field}.env[${i}].valueFrom.configMapKeyRef.name`, valueFrom?.configMapKeyRef?.name] as const,
    ),
  ]),
  ...(spec.volumes ?? []).flatMap(({ configMap, projected }, v) => [
    [`spec.volumes[${v}].configMap.name`, configMap?.name] as const,
    ...(projected?.sources ?? []).map(
      (source, i) => [`spec.volumes[${v}].projected.sources[${i}].configMap.name`, source.configMap?.name] as const,
    ),
  ]),
];

/** Sources that are an object of the API by themselves. */
const VOLUME_REFERENCES: readonly (readonly [keyof Volume, string])[] = [
  ['configMap', 'configmaps (via configmap volumes)'],
  ['secret', 'secrets (via secret volumes)'],
  ['csi', 'csidrivers (via CSI volumes)'],
  ['glusterfs', 'endpoints (via glusterFS volumes)'],
  ['persistentVolumeClaim', 'persistentvolumeclaims'],
  ['ephemeral', 'persistentvolumeclaims (via ephemeral volumes)'],
  ['azureFile', 'secrets (via azureFile volumes)'],
];

const PROJECTION_REFERENCES: readonly (readonly [keyof VolumeProjection, string])[] = [
  ['configMap', 'configmaps (via projected volumes)'],
  ['secret', 'secrets (via projected volumes)'],
  ['serviceAccountToken', 'serviceaccounts (via projected volumes)'],
  ['clusterTrustBundle', 'clustertrustbundles'],
  ['podCertificate', 'podcertificates'],
];

const volumeReference = (volume: Volume, at: number, served: ReadonlySet<string> = new Set()): ApiObjectReference => {
  const field = `spec.volumes[${at}]`;
  const direct = VOLUME_REFERENCES.find(([source]) => volume[source] !== undefined && !served.has(source));
  if (direct !== undefined) return { words: direct[1], field: `${field}.${direct[0]}` };
  for (const [i, source] of (volume.projected?.sources ?? []).entries()) {
    const projection = PROJECTION_REFERENCES.find(([name]) => source[name] !== undefined && !served.has(name));
    if (projection !== undefined) return { words: projection[1], field: `${field}.projected.sources[${i}].${projection[0]}` };
  }
  return NONE;
};
