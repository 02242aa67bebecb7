import type { EmptyDirVolumeSource, GitRepoVolumeSource, HostPathVolumeSource, ImageVolumeSource } from '../../gen/pod-types.js';
import { quantitySign } from '../../quantity/quantity.js';
import { validateDescendingPath, validateNoBacksteps } from '../local-path.js';
import { validatePullPolicy } from '../pull-policy.js';
import type { Report } from '../report.js';

const MAX_DIRECTORY_MODE = 0o1777;

/** The medium is checked when the volume is mounted. */
export const validateEmptyDir = ({ sizeLimit, mode }: EmptyDirVolumeSource, field: string, report: Report): void => {
  if (sizeLimit !== undefined && quantitySign(sizeLimit) < 0) {
    report.forbidden(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity');
  }
  if (mode !== undefined && (mode < 0 || mode > MAX_DIRECTORY_MODE)) {
    report.invalid(`${field}.mode`, mode, 'must be a number between 0 and 01777 (octal), both inclusive');
  }
};

const HOST_PATH_TYPES = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

export const validateHostPath = ({ path = '', type }: HostPathVolumeSource, field: string, report: Report): void => {
  if (path === '') {
    report.required(`${field}.path`);
    return;
  }
  validateNoBacksteps(path, `${field}.path`, report);
  if (type !== undefined && !HOST_PATH_TYPES.includes(type)) report.notSupported(`${field}.type`, type, HOST_PATH_TYPES);
};

export const validateGitRepo = ({ repository = '', directory = '' }: GitRepoVolumeSource, field: string, report: Report): void => {
  if (repository === '') report.required(`${field}.repository`);
  validateDescendingPath(directory, `${field}.directory`, report);
};

/** The reference may be empty: upstream's check of it does not run on this path. */
export const validateImage = ({ pullPolicy }: ImageVolumeSource, field: string, report: Report): void =>
  validatePullPolicy(pullPolicy, `${field}.pullPolicy`, report);
