import type { FieldError, FieldErrorType } from '../validation/index.js';
import type { SourceRange } from './source-map.js';

/** Stable names of everything that can be wrong with a manifest. */
export type PodSpecIssueCode =
  | 'MANIFEST_TOO_LARGE'
  | 'MANIFEST_SYNTAX'
  | 'MANIFEST_KIND'
  | 'MANIFEST_NAME'
  | 'MANIFEST_REST_IGNORED'
  | 'DECODE_TYPE'
  | 'DECODE_QUANTITY'
  | 'DECODE_TIME'
  | 'DECODE_BASE64'
  | 'UNKNOWN_FIELD'
  | 'DUPLICATE_FIELD'
  | 'NULL_VALUE'
  | 'API_REFERENCE'
  | 'API_WARNING'
  | 'FIELD_REQUIRED'
  | 'FIELD_INVALID'
  | 'FIELD_UNSUPPORTED'
  | 'FIELD_FORBIDDEN'
  | 'FIELD_DUPLICATE'
  | 'FIELD_TOO_LONG'
  | 'FIELD_TOO_MANY'
  | 'FIELD_TOO_FEW'
  | 'FIELD_NOT_FOUND'
  | 'FIELD_INTERNAL';

/** One thing wrong with a manifest, and where. */
export interface PodSpecIssue {
  readonly severity: 'error' | 'warning';
  readonly code: PodSpecIssueCode;
  /** Kubernetes' name of a broken rule; empty for what is wrong before any rule applies. */
  readonly type: FieldErrorType | '';
  /** E.g. `spec.containers[0].ports[1].hostPort`; empty where the file as a whole is meant. */
  readonly field: string;
  /** The value at fault where it is a scalar. */
  readonly badValue: unknown;
  readonly detail: string;
  /** For a broken rule: the whole text as Kubernetes prints it. */
  readonly message: string;
  /** The file. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  readonly endLine: number;
  /** The column after the last character. */
  readonly endColumn: number;
  /** What to do about it; empty if there is nothing to say. */
  readonly hint: string;
  /** The edit that mends it, where one place and one text do. */
  readonly fix?: SourceFix;
}

/** An edit of the manifest. */
export interface SourceFix {
  /** What is replaced; lines and columns as in the issue. */
  readonly replace: SourceRange;
  readonly with: string;
}

/** Orders issues by where they stand, from the top; those of one place keep their order. */
export const byPlace = (a: PodSpecIssue, b: PodSpecIssue): number => a.line - b.line || a.column - b.column;

const codes: Readonly<Record<FieldErrorType, PodSpecIssueCode>> = {
  'Required value': 'FIELD_REQUIRED',
  'Invalid value': 'FIELD_INVALID',
  'Unsupported value': 'FIELD_UNSUPPORTED',
  Forbidden: 'FIELD_FORBIDDEN',
  'Duplicate value': 'FIELD_DUPLICATE',
  'Too long': 'FIELD_TOO_LONG',
  'Too many': 'FIELD_TOO_MANY',
  'Too few': 'FIELD_TOO_FEW',
  'Not found': 'FIELD_NOT_FOUND',
  'Internal error': 'FIELD_INTERNAL',
};

export const codeOfFieldError = ({ type }: FieldError): PodSpecIssueCode => codes[type];
