import type { Report } from './report.js';

const NO_BACKSTEPS = "must not contain '..'";

export const hasBackstep = (path: string): boolean => path.split('/').includes('..');

export const validateNoBacksteps = (path: string, field: string, report: Report): void => {
  if (hasBackstep(path)) report.invalid(field, path, NO_BACKSTEPS);
};

/** A relative path that never steps up. */
export const validateDescendingPath = (path: string, field: string, report: Report): void => {
  if (path.startsWith('/')) report.invalid(field, path, 'must be a relative path');
  validateNoBacksteps(path, field, report);
};

/** A descending path whose name is not one that the kubelet keeps to itself (`..data` and the like). */
export const validateNonReservedPath = (path: string, field: string, report: Report): void => {
  validateDescendingPath(path, field, report);
  if (path.startsWith('..') && !path.startsWith('../')) report.invalid(field, path, "must not start with '..'");
};

const MAX_FILE_MODE = 0o777;

export const validateFileMode = (mode: number | undefined, field: string, report: Report): void => {
  if (mode !== undefined && (mode < 0 || mode > MAX_FILE_MODE)) {
    report.invalid(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive');
  }
};
