import { below, type FieldSet, hasPath, isEmptySet } from '../fields/field-set.js';
import { fieldElement } from '../fields/path-element.js';
import { isObject, type JsonObject, type JsonValue, setOwn } from '../json/json-value.js';
import type { ListType, MapType, ValueType } from '../schema/schema-types.js';
import { itemElement, resolveType, typeUnder } from './list-keys.js';

/** What is left of a container whose content was removed: it stays, empty. */
const keepContainer = (before: JsonValue, after: JsonValue): JsonValue => {
  if (after !== null) return after;
  if (Array.isArray(before)) return [];
  return isObject(before) ? {} : after;
};

const removeFromList = (type: ListType, list: readonly JsonValue[], set: FieldSet): JsonValue => {
  if (list.length === 0 || type.relation === 'atomic') return null;
  const kept: JsonValue[] = [];
  let hadMatches = false;
  for (const item of list) {
    const element = itemElement(type, item);
    if (typeof element === 'string') {
      kept.push(item);
      continue;
    }
    if (hasPath(set, [element])) continue;
    const subset = below(set, element);
    if (isEmptySet(subset)) kept.push(item);
    else {
      hadMatches = true;
      kept.push(keepContainer(item, remove(type.element, item, subset)));
    }
  }
  return kept.length > 0 || hadMatches ? kept : null;
};

const removeFromMap = (type: MapType, map: JsonObject, set: FieldSet): JsonValue => {
  if (type.atomic) return null;
  const kept: { [key: string]: JsonValue } = {};
  let hadMatches = false;
  for (const [key, item] of Object.entries(map)) {
    const element = fieldElement(key);
    if (hasPath(set, [element])) continue;
    const subset = below(set, element);
    const itemType = typeUnder(type, key);
    if (isEmptySet(subset) || itemType === undefined) setOwn(kept, key, item);
    else {
      hadMatches = true;
      setOwn(kept, key, keepContainer(item, remove(itemType, item, subset)));
    }
  }
  return Object.keys(kept).length > 0 || hadMatches ? kept : null;
};

function remove(type: ValueType, value: JsonValue, set: FieldSet): JsonValue {
  const resolved = resolveType(type, value);
  if (resolved.type === 'scalar') return value;
  if (resolved.type === 'list') return Array.isArray(value) ? removeFromList(resolved, value, set) : null;
  return isObject(value) ? removeFromMap(resolved, value as JsonObject, set) : null;
}

/** An object without the fields and list items of a set. */
export const removeItems = (type: ValueType, object: JsonObject, set: FieldSet): JsonObject =>
  (remove(type, object, set) ?? {}) as JsonObject;
