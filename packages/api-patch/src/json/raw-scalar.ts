import { isObject, type JsonValue, type MutableJson, type MutableObject, setOwn } from './json-value.js';

/** A scalar of a patch whose text is not the one that Go would write for its value (`2.0`, `"\u0041"`): a test operation compares texts. */
export class RawScalar {
  readonly raw: string;
  readonly value: number | string;

  constructor(raw: string, value: number | string) {
    this.raw = raw;
    this.value = value;
  }
}

const htmlEscapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** A string or number as Go's encoder writes it. */
export const formatScalar = (value: string | number): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => htmlEscapes[character] ?? character);

/** The plain value of what may hold raw scalars at any depth. */
export const withoutRawScalars = (value: unknown): MutableJson => {
  if (value instanceof RawScalar) return value.value;
  if (Array.isArray(value)) return value.map(withoutRawScalars);
  if (!isObject(value)) return value as MutableJson;
  const plain: MutableObject = {};
  for (const [key, item] of Object.entries(value as object)) setOwn(plain, key, withoutRawScalars(item));
  return plain;
};

/** Whether two values have the same text, the order of keys and blanks aside. */
export const sameText = (left: unknown, right: unknown): boolean => {
  if (left instanceof RawScalar || right instanceof RawScalar)
    return left instanceof RawScalar && right instanceof RawScalar && left.raw === right.raw;
  if (left === right) return true;
  if (Array.isArray(left) || Array.isArray(right)) {
    return (
      Array.isArray(left) &&
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, index) => sameText(item, right[index]))
    );
  }
  if (!isObject(left) || !isObject(right)) return false;
  const [a, b] = [left as Record<string, unknown>, right as Record<string, unknown>];
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameText(a[key], b[key]));
};

/** How long a value's text is, about, in characters. */
export const textLength = (value: JsonValue): number => {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return String(value).length;
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + textLength(item) + 1, 2);
  return Object.entries(value).reduce((sum, [key, item]) => sum + key.length + 4 + textLength(item), 2);
};
