import { createFieldSet, type FieldSet, insertPath } from '../fields/field-set.js';
import { fieldElement, type Path, type PathElement } from '../fields/path-element.js';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import type { ListType, MapType, ValueType } from '../schema/schema-types.js';
import { itemElement, resolveType, typeUnder } from './list-keys.js';

const addList = (set: FieldSet, type: ListType, list: readonly JsonValue[], path: Path): void => {
  const items = list.flatMap((item) => {
    const element = itemElement(type, item);
    return typeof element === 'string' ? [] : [{ item, element }];
  });
  const counts = new Map<string, number>();
  for (const { element } of items) counts.set(element.text, (counts.get(element.text) ?? 0) + 1);
  for (const { item, element } of items) {
    const place: Path = [...path, element];
    // Of items that are alike only the fact that they are there has an owner.
    if (counts.get(element.text) === 1) addFields(set, type.element, item, place);
    insertPath(set, place);
  }
};

const isLeafBesides = (type: MapType, key: string, item: JsonValue): boolean =>
  item === null || !type.fields.has(key) || (isObject(item) && Object.keys(item as JsonObject).length === 0);

const addMap = (set: FieldSet, type: MapType, map: JsonObject, path: Path): void => {
  for (const [key, item] of Object.entries(map)) {
    const element: PathElement = fieldElement(key);
    const itemType = typeUnder(type, key);
    if (itemType !== undefined) addFields(set, itemType, item, [...path, element]);
    if (isLeafBesides(type, key, item)) insertPath(set, [...path, element]);
  }
};

function addFields(set: FieldSet, type: ValueType, value: JsonValue, path: Path): void {
  const resolved = resolveType(type, value);
  if (resolved.type === 'scalar') insertPath(set, path);
  else if (resolved.type === 'list') {
    if (resolved.relation === 'atomic') insertPath(set, path);
    else if (Array.isArray(value)) addList(set, resolved, value, path);
  } else if (resolved.atomic) insertPath(set, path);
  else if (isObject(value)) addMap(set, resolved, value as JsonObject, path);
}

/** Every leaf and every list item that a value mentions. */
export const toFieldSet = (type: ValueType, value: JsonValue): FieldSet => {
  const set = createFieldSet();
  addFields(set, type, value, []);
  return set;
};
