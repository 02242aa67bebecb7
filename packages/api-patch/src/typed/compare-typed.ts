import { createFieldSet, type FieldSet, insertPath } from '../fields/field-set.js';
import { fieldElement, type Path, type PathElement } from '../fields/path-element.js';
import { isObject, type JsonObject, type JsonValue, own, sameJson } from '../json/json-value.js';
import { internal } from '../patch-error.js';
import type { ListType, MapType, ValueType } from '../schema/schema-types.js';
import { itemElement, resolveType, typeUnder } from './list-keys.js';

/** What a new object has that the old one has not, and the other way round. No field is in two of them. */
export interface Comparison {
  readonly removed: FieldSet;
  readonly modified: FieldSet;
  readonly added: FieldSet;
}

/** Either may be absent, not both. */
interface Pair {
  readonly left: JsonValue | undefined;
  readonly right: JsonValue | undefined;
}

const compareLeaf = (comparison: Comparison, { left, right }: Pair, path: Path): void => {
  if (left === undefined) insertPath(comparison.added, path);
  else if (right === undefined) insertPath(comparison.removed, path);
  else if (!sameJson(left, right)) insertPath(comparison.modified, path);
};

const groupItems = (type: ListType, list: readonly JsonValue[]): ReadonlyMap<string, { element: PathElement; items: JsonValue[] }> => {
  const groups = new Map<string, { element: PathElement; items: JsonValue[] }>();
  for (const [index, item] of list.entries()) {
    const element = itemElement(type, item);
    if (typeof element === 'string') throw internal(`element ${index}: ${element}`);
    const group = groups.get(element.text);
    if (group === undefined) groups.set(element.text, { element, items: [item] });
    else group.items.push(item);
  }
  return groups;
};

const compareLists = (
  comparison: Comparison,
  type: ListType,
  left: readonly JsonValue[],
  right: readonly JsonValue[],
  path: Path,
): void => {
  const lefts = groupItems(type, left);
  const rights = groupItems(type, right);
  for (const { element } of new Map([...lefts, ...rights]).values()) {
    const old = lefts.get(element.text)?.items ?? [];
    const now = rights.get(element.text)?.items ?? [];
    const place: Path = [...path, element];
    if (old.length <= 1 && now.length <= 1) compare(comparison, type.element, { left: old[0], right: now[0] }, place);
    else if (old.length >= 2 && now.length >= 2) {
      // Items that are alike are compared as one.
      if (!sameJson(old, now)) insertPath(comparison.modified, place);
    } else if (old.length >= 2) {
      if (now.length > 0) compare(comparison, type.element, { left: undefined, right: now[0] }, place);
      insertPath(comparison.removed, place);
    } else {
      if (old.length > 0) compare(comparison, type.element, { left: old[0], right: undefined }, place);
      insertPath(comparison.added, place);
    }
  }
};

const compareMaps = (comparison: Comparison, type: MapType, left: JsonObject, right: JsonObject, path: Path): void => {
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const itemType = typeUnder(type, key);
    if (itemType !== undefined)
      compare(comparison, itemType, { left: own(left, key), right: own(right, key) }, [...path, fieldElement(key)]);
  }
};

const asMap = (value: JsonValue | undefined): JsonObject => (isObject(value) ? (value as JsonObject) : {});
const asList = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? value : []);

/** Compares by the type of one side; whether the place was a leaf. */
const compareAs = (comparison: Comparison, resolved: ReturnType<typeof resolveType>, pair: Pair, path: Path): boolean => {
  if (resolved.type === 'map') {
    const [left, right] = [asMap(pair.left), asMap(pair.right)];
    if (!resolved.atomic && Object.keys(left).length + Object.keys(right).length > 0) {
      compareMaps(comparison, resolved, left, right, path);
      return false;
    }
  } else if (resolved.type === 'list') {
    const [left, right] = [asList(pair.left), asList(pair.right)];
    if (resolved.relation !== 'atomic' && left.length + right.length > 0) {
      compareLists(comparison, resolved, left, right, path);
      return false;
    }
  }
  compareLeaf(comparison, pair, path);
  return true;
};

function compare(comparison: Comparison, type: ValueType, pair: Pair, path: Path): void {
  const { left, right } = pair;
  const byRight = resolveType(type, right ?? left);
  const byLeft = resolveType(type, left ?? right);
  if (left !== undefined && right !== undefined && byLeft.type !== byRight.type) compareAs(comparison, byLeft, pair, path);
  const isLeaf = compareAs(comparison, right === undefined ? byLeft : byRight, pair, path);
  if (isLeaf) return;
  if (left === undefined) insertPath(comparison.added, path);
  else if (right === undefined) insertPath(comparison.removed, path);
}

/** Compares two objects of a type field by field. */
export const compareTyped = (type: ValueType, left: JsonValue, right: JsonValue): Comparison => {
  const comparison: Comparison = { removed: createFieldSet(), modified: createFieldSet(), added: createFieldSet() };
  compare(comparison, type, { left, right }, []);
  return comparison;
};
