import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredObject } from '@solo-kubelet/api-server';
import { type Controller, splitKey } from './controller.js';
import type { ControllerApi } from './controller-api.js';

const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection';
const VOLUME_PROTECTION = 'kubernetes.io/pv-protection';

type Values = Readonly<Record<string, unknown>>;

const letGo = (api: ControllerApi, object: StoredObject, finalizer: string): void => {
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizers.includes(finalizer)) return;
  api.replace({ ...object, metadata: { ...object.metadata, finalizers: finalizers.filter((each) => each !== finalizer) } });
};

const isUsed = (api: ControllerApi, { metadata }: StoredObject): boolean =>
  api
    .list('Pod', metadata.namespace)
    .some(
      ({ spec, status }) =>
        !['Succeeded', 'Failed'].includes(String(status?.['phase'])) &&
        ((spec?.['volumes'] ?? []) as readonly Values[]).some(
          (volume) => (volume['persistentVolumeClaim'] as Values | undefined)?.['claimName'] === metadata.name,
        ),
    );

/** Makes a volume for each claim that names none: a directory, which goes with the claim. */
export const claimController = (directory: string): Controller => {
  const pathOf = (volumeName: string): string => join(directory, volumeName);
  const bind = (api: ControllerApi, claim: StoredObject): void => {
    const { namespace, name, uid } = claim.metadata;
    const volumeName = `pvc-${uid}`;
    const { accessModes, resources, storageClassName, volumeMode } = (claim.spec ?? {}) as Values;
    const capacity = (resources as { readonly requests?: object } | undefined)?.requests;
    if (api.get('PersistentVolume', undefined, volumeName) === undefined) {
      const volume = api.create({
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: volumeName },
        spec: {
          ...{ accessModes, capacity, volumeMode, persistentVolumeReclaimPolicy: 'Delete' },
          ...(storageClassName !== undefined && { storageClassName }),
          claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid },
          hostPath: { path: pathOf(volumeName), type: 'DirectoryOrCreate' },
        },
      });
      api.setStatus(volume, { phase: 'Bound' });
    }
    const named = claim.spec?.['volumeName'] === volumeName ? claim : api.replace({ ...claim, spec: { ...claim.spec, volumeName } });
    api.setStatus(named, { phase: 'Bound', accessModes, capacity });
  };
  const syncClaim = (api: ControllerApi, claim: StoredObject): void => {
    if (claim.metadata.deletionTimestamp) {
      if (!isUsed(api, claim)) letGo(api, claim, CLAIM_PROTECTION);
    } else if (!claim.spec?.['volumeName'] && claim.status?.['phase'] !== 'Bound') bind(api, claim);
  };
  const syncVolume = (api: ControllerApi, volume: StoredObject): void => {
    const { name = '' } = volume.metadata;
    const claim = volume.spec?.['claimRef'] as { readonly namespace: string; readonly name: string; readonly uid: string } | undefined;
    if (claim === undefined || name !== `pvc-${claim.uid}`) return;
    if (api.get('PersistentVolumeClaim', claim.namespace, claim.name)?.metadata.uid === claim.uid) return;
    rmSync(pathOf(name), { recursive: true, force: true });
    api.remove(volume);
    const left = api.get('PersistentVolume', undefined, name);
    if (left !== undefined) letGo(api, left, VOLUME_PROTECTION);
  };
  return {
    kinds: ['PersistentVolumeClaim', 'PersistentVolume', 'Pod'],
    keysOf: ({ type, object, key }, api) => {
      if (object.kind === 'PersistentVolume') return [`volume:/${key}`];
      if (object.kind === 'PersistentVolumeClaim') {
        return type === 'DELETED' ? [`volume:/pvc-${object.metadata.uid}`] : [`claim:${key}`];
      }
      // A Pod that went may have been the last to use a claim.
      return api
        .list('PersistentVolumeClaim', object.metadata.namespace)
        .filter(({ metadata }) => metadata.deletionTimestamp)
        .map(({ metadata }) => `claim:${metadata.namespace}/${metadata.name}`);
    },
    sync: (key, api) => {
      const at = key.indexOf(':');
      const { namespace, name } = splitKey(key.slice(at + 1));
      const isClaim = key.startsWith('claim:');
      const object = isClaim ? api.get('PersistentVolumeClaim', namespace, name) : api.get('PersistentVolume', undefined, name);
      if (object !== undefined) (isClaim ? syncClaim : syncVolume)(api, object);
      return undefined;
    },
  };
};
