import type { PersistentVolume, StorageClass } from '@solo-kubelet/object-spec';
import { templateHash } from '../child-names.js';
import type { Result } from '../result.js';
import { type Claim, podOwnerOf } from './claim.js';
import { requestOf } from './fit-volume.js';
import { LOCAL_PATH_PROVISIONER, LOCAL_PROVISIONER, localClass, NO_PROVISIONER } from './storage-class.js';

const MAX_NAME_BYTES = 255;

/** The directory of a claim: by its name, so that a claim that comes back finds its data, should all records be lost (decision 260). */
export const claimDirectoryName = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string => {
  const plain = `${namespace}_${name}`;
  // A namespace and a name of full length are too long together for one directory.
  return plain.length <= MAX_NAME_BYTES ? plain : `${plain.slice(0, MAX_NAME_BYTES - 12)}_${templateHash(plain, 0)}`;
};

/** The volume that is made for a claim, or why none is. */
export const provisionedVolume = (claim: Claim, storageClass: StorageClass, volumesDirectory: string): Result<PersistentVolume> => {
  const { provisioner, reclaimPolicy = 'Delete', metadata } = storageClass;
  if (provisioner === NO_PROVISIONER) {
    return refused(`storageclass.storage.k8s.io "${metadata.name}" makes no volumes, and no persistent volume suits this claim`);
  }
  if (provisioner !== LOCAL_PROVISIONER && provisioner !== LOCAL_PATH_PROVISIONER) {
    return refused(`storageclass.storage.k8s.io "${metadata.name}" provisioner ${provisioner} is not available on this node`);
  }
  if (claim.spec.selector !== undefined) return refused('claim Selector is not supported');
  if (claim.spec.volumeMode === 'Block') return refused(`volumeMode Block is not supported by provisioner ${provisioner}`);
  if (claim.spec.dataSource !== undefined || claim.spec.dataSourceRef !== undefined) {
    return refused(`a data source is not supported by provisioner ${provisioner}`);
  }
  const name = `pvc-${claim.metadata.uid}`;
  const path = pathOf(claim, storageClass, name, volumesDirectory);
  if (!path.ok) return path;
  return {
    ok: true,
    value: {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: {
        name,
        ...(claim.metadata.creationTimestamp && { creationTimestamp: claim.metadata.creationTimestamp }),
        annotations: { 'pv.kubernetes.io/provisioned-by': provisioner },
      },
      spec: {
        capacity: { storage: requestOf(claim) },
        accessModes: claim.spec.accessModes ?? [],
        claimRef: {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          namespace: claim.metadata.namespace,
          name: claim.metadata.name,
          uid: claim.metadata.uid,
        },
        // What a Pod brought along goes with it (decision 231): nothing of it may be found by the next Pod of its name.
        persistentVolumeReclaimPolicy: storageClass === localClass && podOwnerOf(claim) !== undefined ? 'Delete' : reclaimPolicy,
        storageClassName: metadata.name ?? '',
        volumeMode: 'Filesystem',
        ...(storageClass.mountOptions && { mountOptions: storageClass.mountOptions }),
        local: { path: path.value },
      },
    },
  };
};

const refused = (error: string): Result<never> => ({ ok: false, error });

/** What local-path-provisioner expands in `pathPattern`. */
const KNOWN_FIELDS = /\{\{\s*\.(PVC\.Namespace|PVC\.Name|PVName)\s*\}\}/g;

const pathOf = (claim: Claim, { parameters }: StorageClass, volumeName: string, volumesDirectory: string): Result<string> => {
  const base = parameters?.['nodePath'] ?? volumesDirectory;
  if (!base.startsWith('/') || hasParent(base)) return refused(`parameter nodePath: ${base} is not an absolute path without ..`);
  const pattern = parameters?.['pathPattern'];
  if (pattern === undefined) return { ok: true, value: `${withoutSlash(base)}/${claimDirectoryName(claim.metadata)}` };
  const { namespace, name } = claim.metadata;
  const values: Readonly<Record<string, string>> = { 'PVC.Namespace': namespace, 'PVC.Name': name, PVName: volumeName };
  const path = pattern.replace(KNOWN_FIELDS, (_text, field: string) => values[field] ?? '');
  if (path.includes('{{')) return refused(`parameter pathPattern: ${pattern} has a field other than .PVC.Namespace, .PVC.Name and .PVName`);
  if (path === '' || path.startsWith('/') || hasParent(path)) return refused(`parameter pathPattern: ${path} is not a path below nodePath`);
  return { ok: true, value: `${withoutSlash(base)}/${withoutSlash(path)}` };
};

const hasParent = (path: string): boolean => path.split('/').some((part) => part === '..' || part === '.');
const withoutSlash = (path: string): string => path.replace(/(?<!\/)\/+$/, '');
