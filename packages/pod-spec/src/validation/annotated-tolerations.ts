import type { Toleration } from '../gen/pod-types.js';
import { goJsonError } from './go-json-error.js';

type Result = { readonly tolerations: readonly Toleration[] } | { readonly error: string };

const FIELDS = { key: 'Key', operator: 'Operator', value: 'Value', effect: 'Effect', tolerationSeconds: 'TolerationSeconds' } as const;
type FieldName = keyof typeof FIELDS;
const FIELD_NAMES = Object.keys(FIELDS) as FieldName[];
const GO_TYPES: Readonly<Record<FieldName, string>> = {
  key: 'string',
  operator: 'core.TolerationOperator',
  value: 'string',
  effect: 'core.TaintEffect',
  tolerationSeconds: 'int64',
};

/** Reads the JSON of the old tolerations annotation as Go's `encoding/json` does: names in any case, its words for what is wrong. */
export const parseAnnotatedTolerations = (text: string): Result => {
  const syntaxError = goJsonError(text);
  if (syntaxError !== undefined) return { error: syntaxError };
  const value: unknown = JSON.parse(text);
  if (value === null) return { tolerations: [] };
  if (!Array.isArray(value)) return { error: `json: cannot unmarshal ${kindOf(value)} into Go value of type []core.Toleration` };
  const errors: string[] = [];
  const tolerations = value.map((item: unknown) => readToleration(item, errors));
  return errors.length > 0 ? { error: errors[0]! } : { tolerations };
};

const kindOf = (value: unknown): string => {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'object') return Array.isArray(value) ? 'array' : 'object';
  return typeof value;
};

const readToleration = (item: unknown, errors: string[]): Toleration => {
  if (item === null) return {};
  if (typeof item !== 'object' || Array.isArray(item)) {
    errors.push(`json: cannot unmarshal ${kindOf(item)} into Go value of type core.Toleration`);
    return {};
  }
  const toleration: Partial<Record<FieldName, unknown>> = {};
  for (const [name, value] of Object.entries(item)) {
    const field = FIELD_NAMES.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
    if (field === undefined || value === null) continue;
    const isRight = field === 'tolerationSeconds' ? Number.isInteger(value) : typeof value === 'string';
    if (isRight) toleration[field] = value;
    else {
      const kind = typeof value === 'number' && field === 'tolerationSeconds' ? `number ${value}` : kindOf(value);
      errors.push(`json: cannot unmarshal ${kind} into Go struct field Toleration.${FIELDS[field]} of type ${GO_TYPES[field]}`);
    }
  }
  return toleration as Toleration;
};
