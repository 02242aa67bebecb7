import { isObject, type JsonObject, type JsonValue, type MutableJson, type MutableObject, own, setOwn } from '../json/json-value.js';
import { type ApiType, schemaOf } from './api-type.js';
import type { EmptyValue, ValueType } from './schema-types.js';

const emptyValues: Readonly<Record<Exclude<EmptyValue, 'struct'>, JsonValue>> = {
  null: null,
  text: '',
  zero: 0,
  false: false,
  quantity: '0',
};

const complete = (value: JsonValue, type: ValueType): MutableJson => {
  if (Array.isArray(value)) return type.type === 'list' ? value.map((item) => complete(item, type.element)) : (value as MutableJson[]);
  if (!isObject(value) || type.type !== 'map') return value as MutableJson;
  const completed: MutableObject = {};
  for (const [key, item] of Object.entries(value as JsonObject)) {
    const itemType = type.fields.get(key)?.type ?? type.element;
    setOwn(completed, key, itemType === undefined ? (item as MutableJson) : complete(item, itemType));
  }
  for (const [name, { empty, type: fieldType }] of type.fields) {
    if (empty === undefined || own(completed, name) !== undefined) continue;
    completed[name] = empty === 'struct' ? complete({}, fieldType) : (emptyValues[empty] as MutableJson);
  }
  return completed;
};

/**
 * An object with the fields that a server shows although they are empty: `status: {}`, `resources: {}`, `rules: null`. Patches, managed fields
 * and the answers of a server are about this form. What is empty and left out there is not taken out here.
 */
export const completeObject = (type: ApiType, object: object): JsonObject => complete(object as JsonObject, schemaOf(type)) as JsonObject;
