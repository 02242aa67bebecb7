import type { Pod, PodSpec, Volume, VolumeProjection } from '../gen/pod-types.js';
import { allContainers } from './all-containers.js';

/**
 * What only an API server has and this Pod refers to: the words after "static pods may not reference"; empty if it refers to nothing.
 * The first of these in upstream's order is told (pkg/api/pod/util.go HasAPIObjectReference).
 */
export const apiObjectReference = ({ spec }: Pod): string => {
  if (spec.serviceAccountName || spec.serviceAccount) return 'serviceaccounts';
  if (secretNames(spec).some(Boolean)) return 'secrets';
  if (configMapNames(spec).some(Boolean)) return 'configmaps';
  if ((spec.resourceClaims ?? []).length > 0) return 'resourceclaims';
  return (spec.volumes ?? []).map(volumeReference).find((reference) => reference !== '') ?? '';
};

type Names = readonly (string | undefined)[];

const secretNames = (spec: PodSpec): Names => [
  ...(spec.imagePullSecrets ?? []).map(({ name }) => name),
  ...allContainers(spec).flatMap(({ container }) => [
    ...(container.envFrom ?? []).map(({ secretRef }) => secretRef?.name),
    ...(container.env ?? []).map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
  ]),
  ...(spec.volumes ?? []).flatMap(volumeSecretNames),
];

const volumeSecretNames = (volume: Volume): Names => [
  volume.azureFile?.secretName,
  volume.cephfs?.secretRef?.name,
  volume.cinder?.secretRef?.name,
  volume.flexVolume?.secretRef?.name,
  volume.rbd?.secretRef?.name,
  volume.secret?.secretName,
  volume.scaleIO?.secretRef?.name,
  volume.iscsi?.secretRef?.name,
  volume.storageos?.secretRef?.name,
  volume.csi?.nodePublishSecretRef?.name,
  ...(volume.projected?.sources ?? []).map(({ secret }) => secret?.name),
];

const configMapNames = (spec: PodSpec): Names => [
  ...allContainers(spec).flatMap(({ container }) => [
    ...(container.envFrom ?? []).map(({ configMapRef }) => configMapRef?.name),
    ...(container.env ?? []).map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
  ]),
  ...(spec.volumes ?? []).flatMap(({ configMap, projected }) => [
    configMap?.name,
    ...(projected?.sources ?? []).map((source) => source.configMap?.name),
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

const volumeReference = (volume: Volume): string => {
  const direct = VOLUME_REFERENCES.find(([source]) => volume[source] !== undefined);
  if (direct !== undefined) return direct[1];
  for (const source of volume.projected?.sources ?? []) {
    const projection = PROJECTION_REFERENCES.find(([name]) => source[name] !== undefined);
    if (projection !== undefined) return projection[1];
  }
  return '';
};
