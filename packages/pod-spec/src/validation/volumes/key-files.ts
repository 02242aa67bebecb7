import type { ConfigMapVolumeSource, DownwardAPIVolumeSource, KeyToPath, SecretVolumeSource } from '../../gen/pod-types.js';
import { validateDownwardFile } from '../downward-api.js';
import { validateFileMode, validateNonReservedPath } from '../local-path.js';
import type { Report } from '../report.js';

export const validateKeysToPaths = (items: readonly KeyToPath[] | undefined, field: string, report: Report): void => {
  for (const [i, { key, path = '', mode }] of (items ?? []).entries()) {
    if (!key) report.required(`${field}[${i}].key`);
    if (path === '') report.required(`${field}[${i}].path`);
    validateNonReservedPath(path, `${field}[${i}].path`, report);
    validateFileMode(mode, `${field}[${i}].mode`, report);
  }
};

export const validateSecret = ({ secretName, defaultMode, items }: SecretVolumeSource, field: string, report: Report): void => {
  if (!secretName) report.required(`${field}.secretName`);
  validateFileMode(defaultMode, `${field}.defaultMode`, report);
  validateKeysToPaths(items, `${field}.items`, report);
};

export const validateConfigMap = ({ name, defaultMode, items }: ConfigMapVolumeSource, field: string, report: Report): void => {
  if (!name) report.required(`${field}.name`);
  validateFileMode(defaultMode, `${field}.defaultMode`, report);
  validateKeysToPaths(items, `${field}.items`, report);
};

export const validateDownwardApi = ({ defaultMode, items }: DownwardAPIVolumeSource, field: string, report: Report): void => {
  validateFileMode(defaultMode, `${field}.defaultMode`, report);
  for (const file of items ?? []) validateDownwardFile(file, field, report);
};
