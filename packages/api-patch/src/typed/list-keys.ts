import { keyElement, type PathElement, valueElement } from '../fields/path-element.js';
import { isObject, type JsonObject, type JsonValue, own } from '../json/json-value.js';
import type { AnyType, ListType, MapType, ScalarType, ValueType } from '../schema/schema-types.js';

const anyType: AnyType = { type: 'any' };
const anyScalar: ScalarType = { type: 'scalar', scalar: 'any' };
const anyList: ListType = { type: 'list', element: anyType, relation: 'atomic', keys: [] };
const anyMap: MapType = { type: 'map', name: '', atomic: false, fields: new Map(), element: anyType };

/** What a value of a type that allows anything is. */
export const resolveType = (type: ValueType, value: JsonValue | undefined): Exclude<ValueType, AnyType> => {
  if (type.type !== 'any') return type;
  if (Array.isArray(value)) return anyList;
  return isObject(value) || value === null || value === undefined ? anyMap : anyScalar;
};

/** The type of what is under a key, if the schema has the key. */
export const typeUnder = (type: MapType, key: string): ValueType | undefined => type.fields.get(key)?.type ?? type.element;

/** What tells an item of a list from the others, or why nothing does. */
export const itemElement = (type: ListType, item: JsonValue): PathElement | string => {
  if (type.relation === 'atomic') return 'invalid indexing of non-associative list';
  if (type.relation === 'set') {
    if (Array.isArray(item)) return 'not supported: associative list with lists as elements';
    if (item === null) return "associative list without keys has an element that's an explicit null";
    return isObject(item) ? "associative list without keys has an element that's a map type" : valueElement(item);
  }
  if (item === null) return 'associative list with keys may not have a null element';
  if (!isObject(item)) return 'associative list with keys may not have non-map elements';
  const fields = type.keys.flatMap((name) => {
    const given = own(item as JsonObject, name);
    const value = given === undefined && type.element.type === 'map' ? type.element.fields.get(name)?.keyDefault : given;
    return value === undefined ? [] : [{ name, value }];
  });
  if (fields.length > 0) return keyElement(fields);
  return `associative list with keys has an element that omits all key fields [${type.keys.map((key) => JSON.stringify(key)).join(' ')}] (and doesn't have default values for any key fields)`;
};
