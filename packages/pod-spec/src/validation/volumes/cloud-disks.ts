import type {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  AzureFileVolumeSource,
  GCEPersistentDiskVolumeSource,
} from '../../gen/pod-types.js';
import { outOfRange } from '../grammar.js';
import type { Report } from '../report.js';

/** Zero stands for no partition; the message leaves it out. */
const validatePartition = (partition: number | undefined, field: string, report: Report): void => {
  if (partition !== undefined && (partition < 0 || partition > 255)) report.invalid(field, partition, outOfRange(1, 255));
};

export const validateGcePersistentDisk = ({ pdName, partition }: GCEPersistentDiskVolumeSource, field: string, report: Report): void => {
  if (!pdName) report.required(`${field}.pdName`);
  validatePartition(partition, `${field}.partition`, report);
};

export const validateAwsElasticBlockStore = (
  { volumeID, partition }: AWSElasticBlockStoreVolumeSource,
  field: string,
  report: Report,
): void => {
  if (!volumeID) report.required(`${field}.volumeID`);
  validatePartition(partition, `${field}.partition`, report);
};

export const validateAzureFile = ({ secretName, shareName }: AzureFileVolumeSource, field: string, report: Report): void => {
  if (!secretName) report.required(`${field}.secretName`);
  if (!shareName) report.required(`${field}.shareName`);
};

const CACHING_MODES = ['None', 'ReadOnly', 'ReadWrite'];
const DISK_KINDS = ['Dedicated', 'Managed', 'Shared'];
const MANAGED_URI = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const BLOB_URI = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

export const validateAzureDisk = (disk: AzureDiskVolumeSource, field: string, report: Report): void => {
  const { diskName, diskURI = '', cachingMode, kind } = disk;
  if (!diskName) report.required(`${field}.diskName`);
  if (diskURI === '') report.required(`${field}.diskURI`);
  if (cachingMode !== undefined && !CACHING_MODES.includes(cachingMode)) {
    report.notSupported(`${field}.cachingMode`, cachingMode, CACHING_MODES);
  }
  if (kind === undefined) return;
  if (!DISK_KINDS.includes(kind)) report.notSupported(`${field}.kind`, kind, DISK_KINDS);
  if (kind === 'Managed' && !diskURI.startsWith('/subscriptions/')) report.notSupported(`${field}.diskURI`, diskURI, [MANAGED_URI]);
  if (kind !== 'Managed' && !diskURI.startsWith('https://')) report.notSupported(`${field}.diskURI`, diskURI, [BLOB_URI]);
};
