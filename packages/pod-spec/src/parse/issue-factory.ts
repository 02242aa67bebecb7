import type { DecodeFinding } from '../decode/decode-pod.js';
import type { ManifestNode } from '../decode/node.js';
import type { FieldError } from '../validation/index.js';
import { codeOfFieldError, type PodSpecIssue, type PodSpecIssueCode } from './pod-spec-issue.js';
import { locateField, type SourceRange } from './source-map.js';

/** Where two offsets of a text stand. */
export type Place = (start: number, end: number) => SourceRange;

export interface IssueParts {
  readonly severity?: 'error' | 'warning';
  readonly code: PodSpecIssueCode;
  readonly field?: string;
  readonly message: string;
  readonly hint?: string;
  readonly fix?: string;
  readonly start: number;
  readonly end: number;
}

/** Whether a finding leaves the value as it is, but for a field that does not count. */
export const isStrictNote = ({ code }: DecodeFinding): boolean =>
  code === 'UNKNOWN_FIELD' || code === 'DUPLICATE_FIELD' || code === 'NULL_VALUE';

/** A fix keeps the quotes of the name in whose place it comes. */
const quoted = (fix: string, before: string): string =>
  /^["']/.test(before) && /^\w+$/.test(fix) ? `${before[0]}${fix}${before[0]}` : fix;

/** Makes located issues of one file; `text` is what offsets count in. */
export const createIssueFactory = (path: string, place: Place, text: string) => {
  const own = ({ severity = 'error', code, field = '', message, hint = '', fix, start, end }: IssueParts): PodSpecIssue => ({
    severity,
    code,
    type: '',
    field,
    badValue: '',
    detail: message,
    message,
    path,
    ...place(start, end),
    hint,
    ...(fix !== undefined && {
      fix: { replace: place(start, end), with: code === 'UNKNOWN_FIELD' ? quoted(fix, text.slice(start, end)) : fix },
    }),
  });
  return {
    /** Of something wrong before any rule of the API applies. */
    own,
    ofFinding: (finding: DecodeFinding): PodSpecIssue => own({ ...finding, severity: isStrictNote(finding) ? 'warning' : 'error' }),
    /** Of a broken rule: at the field's value, or the nearest one above it. */
    ofField: (error: FieldError, root: ManifestNode): PodSpecIssue => {
      const { start, end } = locateField(root, error.field);
      const { type, field, badValue = '', detail, message } = error;
      return {
        severity: 'error',
        code: codeOfFieldError(error),
        type,
        field,
        badValue,
        detail,
        message,
        path,
        ...place(start, end),
        hint: '',
      };
    },
  };
};

export type IssueFactory = ReturnType<typeof createIssueFactory>;
