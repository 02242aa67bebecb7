import { validateAwsElasticBlockStore, validateAzureDisk, validateGcePersistentDisk } from './cloud-disks.js';
import { validateHostPath } from './local-volumes.js';
import {
  requireFields,
  validateCephfs,
  validateFc,
  validateFlexVolume,
  validateFlocker,
  validateNfs,
  validateQuobyte,
  validateRbd,
} from './network-volumes.js';

/** The rules of sources that a persistent volume has by the same rules as a volume of a Pod. */
export const volumeRules = {
  hostPath: validateHostPath,
  gcePersistentDisk: validateGcePersistentDisk,
  awsElasticBlockStore: validateAwsElasticBlockStore,
  flocker: validateFlocker,
  nfs: validateNfs,
  rbd: validateRbd,
  quobyte: validateQuobyte,
  cephfs: validateCephfs,
  fc: validateFc,
  flexVolume: validateFlexVolume,
  azureDisk: validateAzureDisk,
  requireFields,
};
