import type { PodSpecIssue } from '@solo-kubelet/pod-spec';

/** Why a document of a sealed manifest is refused where no single place is at fault. */
export const SEALED_REFUSED = 'it is not valid (what is wrong is left out here, since the file is encrypted)';

/**
 * An issue of a document that is a secret: what is wrong and where, but nothing that the document says. Messages of rules, parsers and unknown fields
 * quote values, and a value that is indented wrongly passes for a field.
 */
export const concealIssue = ({ severity, code, type, path, line, column, endLine, endColumn }: PodSpecIssue): PodSpecIssue => {
  const detail = `${code}${type === '' ? '' : ` (${type})`}; the words are left out, since the file is encrypted`;
  const hint = 'Decrypt the file where it may be read, and see kubelet-cli validate.';
  return { severity, code, type, field: '', badValue: undefined, detail, message: detail, path, line, column, endLine, endColumn, hint };
};
