import type { FieldError } from './field-error.js';
import { createReport } from './report.js';

/**
 * A rule of our own (docs/decisions/051): the UID names directories, cgroups and logs, in which `/` and `_` separate it from other parts. Kubernetes
 * makes its UIDs itself and checks none.
 */
export const podUidErrors = (uid: string): readonly FieldError[] => {
  const report = createReport();
  if (!/^[A-Za-z0-9.:-]{1,200}$/.test(uid) || uid === '.' || uid === '..') {
    report.invalid(
      'metadata.uid',
      uid,
      "must consist of letters, digits, '-', '.' and ':', and be at most 200 characters long, or be left out",
    );
  }
  return report.errors;
};
