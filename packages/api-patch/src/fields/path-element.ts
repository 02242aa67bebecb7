import { isTooDeep, type JsonValue } from '../json/json-value.js';
import { formatScalar } from '../json/raw-scalar.js';

/** One step of the way to a field. Elements with the same `text` are the same. */
export type PathElement =
  | { readonly type: 'field'; readonly text: string; readonly name: string }
  /** An item of a list that is a map, by the fields that tell its items apart, in alphabetical order. */
  | { readonly type: 'key'; readonly text: string; readonly fields: readonly KeyField[] }
  /** An item of a set. */
  | { readonly type: 'value'; readonly text: string; readonly value: JsonValue }
  | { readonly type: 'index'; readonly text: string; readonly index: number };

export interface KeyField {
  readonly name: string;
  readonly value: JsonValue;
}

export type Path = readonly PathElement[];

const format = (value: JsonValue): string =>
  typeof value === 'string' || typeof value === 'number' ? formatScalar(value) : JSON.stringify(value);

export const fieldElement = (name: string): PathElement => ({ type: 'field', text: `f:${name}`, name });

export const keyElement = (fields: readonly KeyField[]): PathElement => ({
  type: 'key',
  text: `k:{${fields.map(({ name, value }) => `${formatScalar(name)}:${format(value)}`).join(',')}}`,
  fields,
});

export const valueElement = (value: JsonValue): PathElement => ({ type: 'value', text: `v:${format(value)}`, value });

export const fieldPath = (...names: readonly string[]): Path => names.map(fieldElement);

const compareTexts = (left: string, right: string): number => (left === right ? 0 : left < right ? -1 : 1);

const typeRank = (value: JsonValue): number => {
  if (typeof value === 'number') return 0;
  if (typeof value === 'string') return 1;
  if (typeof value === 'boolean') return 2;
  return value === null ? 4 : 3;
};

const compareValues = (left: JsonValue, right: JsonValue): number => {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') return compareTexts(left, right);
  return typeRank(left) - typeRank(right) || compareTexts(format(left), format(right));
};

const compareKeys = (left: readonly KeyField[], right: readonly KeyField[]): number => {
  for (const [index, field] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareTexts(field.name, other.name) || compareValues(field.value, other.value);
    if (order !== 0) return order;
  }
  return left.length - right.length;
};

const rank = { field: 0, key: 1, value: 2, index: 3 } as const;

/** The order of fieldsV1: fields, keys, values, indexes. */
export const compareElements = (left: PathElement, right: PathElement): number => {
  if (left.type === 'field' && right.type === 'field') return compareTexts(left.name, right.name);
  if (left.type === 'key' && right.type === 'key') return compareKeys(left.fields, right.fields);
  if (left.type === 'value' && right.type === 'value') return compareValues(left.value, right.value);
  if (left.type === 'index' && right.type === 'index') return left.index - right.index;
  return rank[left.type] - rank[right.type];
};

const show = (value: JsonValue): string => JSON.stringify(value);

/** As messages have it: `.name`, `[name="c"]`, `[="x"]`, `[3]`. */
export const showElement = (element: PathElement): string => {
  if (element.type === 'field') return `.${element.name}`;
  if (element.type === 'key') return `[${element.fields.map(({ name, value }) => `${name}=${show(value)}`).join(',')}]`;
  return element.type === 'value' ? `[=${show(element.value)}]` : `[${element.index}]`;
};

export const showPath = (path: Path): string => path.map(showElement).join('');

/** Reads an element of fieldsV1; undefined for a kind that is not known, an error in words for what cannot be read. */
export const readElement = (text: string): PathElement | undefined | { readonly error: string } => {
  if (text.length < 2) return { error: 'key must be 2 characters long:' };
  if (text[1] !== ':') return { error: `missing colon: ${text}` };
  const rest = text.slice(2);
  if (text[0] === 'f') return fieldElement(rest);
  if (text[0] === 'i')
    return /^[+-]?\d+$/.test(rest) ? { type: 'index', text: `i:${Number(rest)}`, index: Number(rest) } : { error: `invalid index ${rest}` };
  if (text[0] !== 'v' && text[0] !== 'k') return undefined;
  let value: JsonValue;
  try {
    value = JSON.parse(rest) as JsonValue;
  } catch {
    return { error: `invalid JSON ${rest}` };
  }
  // A key's text may hold any depth of its own.
  if (isTooDeep(value)) return { error: 'exceeded max depth' };
  if (text[0] === 'v') return valueElement(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { error: `invalid key ${rest}` };
  return keyElement(
    Object.entries(value)
      .map(([name, field]) => ({ name, value: field as JsonValue }))
      .sort((left, right) => compareTexts(left.name, right.name)),
  );
};
