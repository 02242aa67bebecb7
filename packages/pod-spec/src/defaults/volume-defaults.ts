import type { DownwardAPIVolumeFile, PersistentVolumeClaimSpec, Volume, VolumeProjection, VolumeSource } from '../gen/pod-types.js';
import type { Draft } from './draft.js';
import { defaultPullPolicy } from './image-reference.js';
import { roundList } from './resource-defaults.js';

/** Mode of files of secrets, config maps and the like: 0644. */
const defaultMode = 0o644;
/** Lifetime of a projected token, seconds. */
const tokenExpirationSeconds = 3_600;

type PersistentSources = Pick<VolumeSource, 'hostPath' | 'azureDisk'> & {
  readonly iscsi?: { readonly iscsiInterface?: string };
  readonly rbd?: { readonly pool?: string; readonly user?: string; readonly keyring?: string };
  readonly scaleIO?: { readonly storageMode?: string; readonly fsType?: string };
};

const fillFiles = (items: readonly Draft<DownwardAPIVolumeFile>[] | undefined): void => {
  for (const { fieldRef } of items ?? []) if (fieldRef !== undefined) fieldRef.apiVersion ||= 'v1';
};

const fillProjection = ({ serviceAccountToken, downwardAPI }: Draft<VolumeProjection>): void => {
  if (serviceAccountToken !== undefined) serviceAccountToken.expirationSeconds ??= tokenExpirationSeconds;
  fillFiles(downwardAPI?.items);
};

/** Fills in the sources that a volume of a Pod and a persistent one have alike. */
export const fillPersistentSources = (source: Draft<PersistentSources>): void => {
  const { hostPath, iscsi, rbd, azureDisk, scaleIO } = source;
  if (hostPath !== undefined) hostPath.type ??= '';
  if (iscsi !== undefined) iscsi.iscsiInterface ||= 'default';
  if (rbd !== undefined) {
    rbd.pool ||= 'rbd';
    rbd.user ||= 'admin';
    rbd.keyring ||= '/etc/ceph/keyring';
  }
  if (azureDisk !== undefined) {
    azureDisk.cachingMode ??= 'ReadWrite';
    azureDisk.kind ??= 'Shared';
    azureDisk.fsType ??= 'ext4';
    azureDisk.readOnly ??= false;
  }
  if (scaleIO !== undefined) {
    scaleIO.storageMode ||= 'ThinProvisioned';
    scaleIO.fsType ||= 'xfs';
  }
};

/** Fills in the spec of a claim, its quantities rounded. */
export const fillClaimSpec = (claim: Draft<PersistentVolumeClaimSpec>): void => {
  claim.volumeMode ??= 'Filesystem';
  roundList(claim.resources?.limits);
  roundList(claim.resources?.requests);
};

/** Fills in a volume as SetDefaults_Volume and the generated defaults of its sources do. */
export const fillVolume = (volume: Draft<Volume>): void => {
  const { secret, configMap, downwardAPI, projected, image, ephemeral } = volume;
  if (Object.keys(volume).every((key) => key === 'name' || volume[key as keyof Volume] === undefined)) volume.emptyDir = {};
  if (secret !== undefined) secret.defaultMode ??= defaultMode;
  if (configMap !== undefined) configMap.defaultMode ??= defaultMode;
  if (downwardAPI !== undefined) {
    downwardAPI.defaultMode ??= defaultMode;
    fillFiles(downwardAPI.items);
  }
  if (projected !== undefined) {
    projected.defaultMode ??= defaultMode;
    for (const source of projected.sources ?? []) fillProjection(source);
  }
  if (image !== undefined) image.pullPolicy ||= defaultPullPolicy(image.reference ?? '');
  fillPersistentSources(volume);
  const claim = ephemeral?.volumeClaimTemplate?.spec;
  if (claim !== undefined) fillClaimSpec(claim);
};
