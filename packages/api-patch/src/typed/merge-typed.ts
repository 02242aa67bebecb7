import { type PathElement, showElement } from '../fields/path-element.js';
import { isObject, type JsonObject, type JsonValue, type MutableObject, own, setOwn } from '../json/json-value.js';
import { internal } from '../patch-error.js';
import type { ListType, MapType, ValueType } from '../schema/schema-types.js';
import { itemElement, resolveType, typeUnder } from './list-keys.js';

interface IndexedList {
  readonly elements: readonly PathElement[];
  readonly items: readonly JsonValue[];
  /** By the text of the element; null where several items are alike: those are not merged into. */
  readonly observed: ReadonlyMap<string, JsonValue>;
}

const indexList = (type: ListType, list: readonly JsonValue[], allowDuplicates: boolean): IndexedList => {
  const observed = new Map<string, JsonValue>();
  const elements = list.map((item, index) => {
    const element = itemElement(type, item);
    if (typeof element === 'string') throw internal(`failed to merge config: element ${index}: ${element}`);
    if (observed.has(element.text) && !allowDuplicates)
      throw internal(`failed to merge config: duplicate entries for key ${showElement(element)}`);
    observed.set(element.text, observed.has(element.text) ? null : item);
    return element;
  });
  return { elements, items: list, observed };
};

/**
 * The items of both lists: those that both have in the applied order, those of the live list alone where they stand between them, and those of
 * the applied list alone behind the item before them.
 */
const mergeLists = (type: ListType, live: readonly JsonValue[], applied: readonly JsonValue[]): JsonValue[] => {
  const right = indexList(type, applied, false);
  const left = indexList(type, live, true);
  const shared = right.elements.filter(({ text }) => left.observed.has(text));
  let nextShared = 0;
  const merged = new Set<string>();
  const out: JsonValue[] = [];
  const add = (old: JsonValue | undefined, now: JsonValue | undefined): void => {
    const value = mergeValues(type.element, old, now);
    if (value !== undefined) out.push(value);
  };
  let l = 0;
  let r = 0;
  while (l < left.elements.length || r < right.elements.length) {
    const leftText = left.elements[l]?.text;
    const rightText = right.elements[r]?.text;
    if (leftText !== undefined && rightText !== undefined) {
      if (leftText === rightText) {
        merged.add(leftText);
        add(left.observed.get(leftText), right.observed.get(leftText));
        l += 1;
        r += 1;
        nextShared += 1;
        continue;
      }
      // Shared, but its turn comes later.
      const awaited = shared[nextShared];
      if (right.observed.has(leftText) && awaited !== undefined && awaited.text !== leftText) {
        l += 1;
        continue;
      }
    }
    if (leftText !== undefined) {
      if (!right.observed.has(leftText)) {
        add(left.items[l], undefined);
        l += 1;
        continue;
      }
      if (merged.has(leftText)) l += 1;
    }
    if (rightText !== undefined) {
      merged.add(rightText);
      add(left.observed.get(rightText), right.observed.get(rightText));
      r += 1;
      if (shared[nextShared]?.text === rightText) nextShared += 1;
    }
  }
  return out;
};

const mergeMaps = (type: MapType, live: JsonObject, applied: JsonObject): MutableObject => {
  const out: { [key: string]: JsonValue } = {};
  for (const key of new Set([...Object.keys(live), ...Object.keys(applied)])) {
    const itemType = typeUnder(type, key);
    if (itemType === undefined) continue;
    const value = mergeValues(itemType, own(live, key), own(applied, key));
    if (value !== undefined) setOwn(out, key, value);
  }
  return out as MutableObject;
};

function mergeValues(type: ValueType, live: JsonValue | undefined, applied: JsonValue | undefined): JsonValue | undefined {
  const resolved = resolveType(type, applied ?? live);
  if (resolved.type === 'map' && !resolved.atomic) {
    const [old, now] = [live, applied].map((value) => (isObject(value) ? (value as JsonObject) : {})) as [JsonObject, JsonObject];
    if (Object.keys(old).length + Object.keys(now).length > 0) {
      const merged = mergeMaps(resolved, old, now);
      return Object.keys(merged).length > 0 ? merged : undefined;
    }
  }
  if (resolved.type === 'list' && resolved.relation !== 'atomic') {
    const [old, now] = [live, applied].map((value) => (Array.isArray(value) ? value : [])) as [JsonValue[], JsonValue[]];
    if (old.length + now.length > 0) {
      const merged = mergeLists(resolved, old, now);
      return merged.length > 0 ? merged : undefined;
    }
  }
  return applied === undefined ? live : applied;
}

/** Merges an applied configuration into a live object: its leaves win, and nothing is removed. */
export const mergeTyped = (type: ValueType, live: JsonObject, applied: JsonObject): JsonObject =>
  (mergeValues(type, live, applied) ?? {}) as JsonObject;
