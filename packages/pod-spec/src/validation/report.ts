import type { FieldError, FieldErrorType } from './field-error.js';
import { goQuote, toJson } from './go-print.js';

type Scalar = string | number | bigint | boolean;

/** Collects the field errors of one validation; each method adds one, in the words of Kubernetes. */
export interface Report {
  readonly errors: readonly FieldError[];
  required(field: string, detail?: string): void;
  invalid(field: string, value: Scalar, detail: string): void;
  /** As `invalid`, where the value is a structure: its printed form is ours. */
  invalidStructure(field: string, value: unknown, detail: string): void;
  /** As `invalid`, where the value is not printed at all. */
  invalidOmitted(field: string, detail: string): void;
  notSupported(field: string, value: string, supported: readonly string[]): void;
  /** As `notSupported`, where the value is a structure. */
  notSupportedStructure(field: string, value: unknown, supported: readonly string[]): void;
  duplicate(field: string, value: Scalar): void;
  /** As `duplicate`, where the value is a structure. */
  duplicateStructure(field: string, value: unknown, detail?: string): void;
  notFound(field: string, value: string, detail?: string): void;
  forbidden(field: string, detail: string): void;
  tooLong(field: string, maxBytes: number): void;
  tooMany(field: string, count: number, maxItems: number): void;
  /** `invalid` once per message. */
  invalidEach(field: string, value: Scalar, details: readonly string[]): void;
  include(errors: readonly FieldError[]): void;
}

const printScalar = (value: Scalar): string => (typeof value === 'string' ? goQuote(value) : String(value));

const messageOf = (field: string, type: FieldErrorType, value: string | undefined, detail: string): string =>
  [field, type, ...(value === undefined ? [] : [value]), ...(detail === '' ? [] : [detail])].join(': ');

export const createReport = (): Report => {
  const errors: FieldError[] = [];
  const add = (type: FieldErrorType, field: string, detail: string): void => {
    errors.push({ type, field, detail, message: messageOf(field, type, undefined, detail) });
  };
  const addWithValue = (type: FieldErrorType, field: string, badValue: Scalar, detail: string): void => {
    errors.push({ type, field, badValue, detail, message: messageOf(field, type, printScalar(badValue), detail) });
  };
  const addStructure = (type: FieldErrorType, field: string, value: unknown, detail: string): void => {
    errors.push({ type, field, detail, message: messageOf(field, type, toJson(value), detail), opaque: true });
  };
  const supportedValues = (supported: readonly string[]): string =>
    supported.length === 0 ? '' : `supported values: ${supported.map(goQuote).join(', ')}`;
  const invalid: Report['invalid'] = (field, value, detail) => addWithValue('Invalid value', field, value, detail);
  return {
    errors,
    invalid,
    required: (field, detail = '') => add('Required value', field, detail),
    invalidStructure: (field, value, detail) => addStructure('Invalid value', field, value, detail),
    invalidOmitted: (field, detail) => add('Invalid value', field, detail),
    notSupported: (field, value, supported) => addWithValue('Unsupported value', field, value, supportedValues(supported)),
    notSupportedStructure: (field, value, supported) => addStructure('Unsupported value', field, value, supportedValues(supported)),
    duplicate: (field, value) => addWithValue('Duplicate value', field, value, ''),
    duplicateStructure: (field, value, detail = '') => addStructure('Duplicate value', field, value, detail),
    notFound: (field, value, detail = '') => addWithValue('Not found', field, value, detail),
    forbidden: (field, detail) => add('Forbidden', field, detail),
    tooLong: (field, maxBytes) => add('Too long', field, `may not be more than ${maxBytes} bytes`),
    tooMany: (field, count, maxItems) => addWithValue('Too many', field, count, `must have at most ${maxItems} items`),
    invalidEach: (field, value, details) => {
      for (const detail of details) invalid(field, value, detail);
    },
    include: (more) => {
      errors.push(...more);
    },
  };
};
