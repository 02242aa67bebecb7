import { isObject } from './json-value.js';

/** A value as Go's `%v` prints it: `map[a:1 b:[x y]]`, keys in order. */
export const goPrint = (value: unknown): string => {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goPrint).join(' ')}]`;
  if (isObject(value)) {
    const map = value as Readonly<Record<string, unknown>>;
    return `map[${Object.keys(map)
      .sort()
      .map((key) => `${key}:${goPrint(map[key])}`)
      .join(' ')}]`;
  }
  return String(value);
};

/** The name of a JSON value's type in Go. */
export const goTypeName = (value: unknown): string => {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return Number.isInteger(value) ? 'int64' : 'float64';
};
