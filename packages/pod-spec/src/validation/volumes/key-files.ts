import type { ConfigMapVolumeSource, DownwardAPIVolumeSource, KeyToPath, SecretVolumeSource } from '../../gen/pod-types.js';
import { validateDownwardFile } from '../downward-api.js';
import { validateFileMode, validateNonReservedPath } from '../local-path.js';
import type { Report } from '../report.js';
import { validateId } from '../security-context.js';

export const validateKeysToPaths = (items: readonly KeyToPath[] | undefined, field: string, report: Report): void => {
  for (const [i, { key, path = '', mode, user }] of (items ?? []).entries()) {
    if (!key) report.required(`${field}[${i}].key`);
    if (path === '') report.required(`${field}[${i}].path`);
    validateNonReservedPath(path, `${field}[${i}].path`, report);
    validateFileMode(mode, `${field}[${i}].mode`, report);
    validateId(user, `${field}[${i}].user`, report);
  }
};

export const validateSecret = (
  { secretName, defaultMode, defaultUser, items }: SecretVolumeSource,
  field: string,
  report: Report,
): void => {
  if (!secretName) report.required(`${field}.secretName`);
  validateFileMode(defaultMode, `${field}.defaultMode`, report);
  validateId(defaultUser, `${field}.defaultUser`, report);
  validateKeysToPaths(items, `${field}.items`, report);
};

export const validateConfigMap = (
  { name, defaultMode, defaultUser, items }: ConfigMapVolumeSource,
  field: string,
  report: Report,
): void => {
  if (!name) report.required(`${field}.name`);
  validateFileMode(defaultMode, `${field}.defaultMode`, report);
  validateId(defaultUser, `${field}.defaultUser`, report);
  validateKeysToPaths(items, `${field}.items`, report);
};

export const validateDownwardApi = ({ defaultMode, defaultUser, items }: DownwardAPIVolumeSource, field: string, report: Report): void => {
  validateFileMode(defaultMode, `${field}.defaultMode`, report);
  validateId(defaultUser, `${field}.defaultUser`, report);
  for (const file of items ?? []) validateDownwardFile(file, field, report);
};
