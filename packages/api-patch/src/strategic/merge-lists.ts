import { goPrint } from '../json/go-print.js';
import { isObject, type MutableJson, type MutableObject, own, setOwn } from '../json/json-value.js';
import { internal, unprocessable } from '../patch-error.js';
import type { ValueType } from '../schema/schema-types.js';
import { orderElements } from './element-order.js';
import { appendItem, type GoSlice, itemsOf, removeItem, sliceOf } from './go-slice.js';
import { asMap, badArgument, countSteps, DIRECTIVE, type MergeContext, noMergeKey, unknownDirective } from './merge-context.js';

/** Merges a patch into an item; lists and maps merge each other. */
export type MergeItem = (original: MutableObject, patch: MutableObject, type: ValueType, context: MergeContext) => MutableObject;

/** The Go kind of list items, which must be one for all of them; empty for empty lists. */
const itemKind = (item: MutableJson): string => {
  if (item === null) return 'null';
  if (Array.isArray(item)) return 'slice';
  return typeof item === 'object' ? 'map' : typeof item;
};

/** Whether all items are objects; refuses lists of lists and of this and that. */
export const areMaps = (...lists: readonly (readonly MutableJson[])[]): boolean => {
  let kind = '';
  for (const list of lists) {
    for (const item of list) {
      const next = itemKind(item);
      if (next === 'slice' && kind === '') throw unprocessable('lists of lists are not supported');
      if (kind !== '' && next !== kind) throw internal(`list element types are not identical: ${goPrint(lists)}`);
      kind = next;
    }
  }
  if (kind === '') throw internal('no elements in any of the given slices');
  return kind === 'map';
};

const findItem = ({ array, length }: GoSlice, mergeKey: string, value: MutableJson, context: MergeContext): number => {
  countSteps(context, length);
  for (let index = 0; index < length; index += 1) {
    // All items are objects here. The cheap comparison goes first: this is where a large patch spends its time.
    const item = array[index] as MutableObject;
    if (item[mergeKey] === value && Object.hasOwn(item, mergeKey)) return index;
  }
  return -1;
};

/** Carries out the directives among the items of a patch: what is left of the original, and the items without directive. */
const applyDirectives = (original: GoSlice, patch: readonly MutableJson[], mergeKey: string, context: MergeContext) => {
  let kept = original;
  const items: MutableJson[] = [];
  let isReplaced = false;
  for (const item of patch) {
    const map = asMap(item);
    const directive = own(map, DIRECTIVE);
    if (directive === undefined) items.push(item);
    else if (directive === 'delete') {
      const value = own(map, mergeKey);
      if (value === undefined) throw noMergeKey(map, mergeKey);
      for (let index = findItem(kept, mergeKey, value, context); index >= 0; index = findItem(kept, mergeKey, value, context))
        kept = removeItem(kept, index);
    } else if (directive === 'replace') isReplaced = true;
    else if (directive === 'merge') throw internal('merging lists cannot yet be specified in the patch');
    else throw unknownDirective(directive, map);
  }
  return isReplaced ? { original: sliceOf(items), patch: [] } : { original: kept, patch: items };
};

const mergeItems = (
  original: GoSlice,
  patch: readonly MutableJson[],
  { mergeKey, type, mergeItem, context }: ListMerge,
): readonly MutableJson[] => {
  let merged = original;
  const places = new Map<MutableJson | undefined, number>();
  const remember = (item: MutableJson, index: number): void => {
    const key = own(asMap(item), mergeKey);
    if (key !== undefined && !places.has(key)) places.set(key, index);
  };
  itemsOf(original).forEach(remember);
  for (const item of patch) {
    const map = asMap(item);
    const value = own(map, mergeKey);
    if (value === undefined) throw noMergeKey(map, mergeKey);
    const index = places.get(value);
    if (index !== undefined) merged.array[index] = mergeItem(asMap(merged.array[index] as MutableJson), map, type, context);
    else {
      remember(item, merged.length);
      merged = appendItem(merged, item, merged.array !== original.array);
    }
  }
  return itemsOf(merged);
};

/** As upstream does it: what is there already is overwritten by the last item, so the order changes. */
const withoutDuplicates = (items: MutableJson[], context: MergeContext): MutableJson[] => {
  let last = items.length - 1;
  // Comparing is a tenth of the work of looking into an item.
  countSteps(context, (items.length * items.length) / 20);
  for (let index = 0; index < last; index += 1) {
    for (let other = index + 1; other <= last; other += 1) {
      if (items[index] !== items[other]) continue;
      items[other] = items[last] as MutableJson;
      last -= 1;
      other -= 1;
    }
  }
  return items.slice(0, last + 1);
};

export interface ListMerge {
  /** Empty for lists that have none. */
  readonly mergeKey: string;
  readonly type: ValueType;
  readonly mergeItem: MergeItem;
  readonly context: MergeContext;
  /** Whether the patch lists scalars to take out. */
  readonly isDeleteList: boolean;
}

/** Merges the items of a patch into a list, which may be changed in place. */
export const mergeLists = (originalList: MutableJson[], patchList: MutableJson[], merge: ListMerge): MutableJson[] => {
  const { mergeKey, context, isDeleteList, type } = merge;
  if (originalList.length === 0 && patchList.length === 0) return originalList;
  const identity = { areMaps: areMaps(originalList, patchList), mergeKey };
  if (!identity.areMaps) {
    if (isDeleteList) {
      const deleted = new Set(patchList);
      return originalList.filter((item) => !deleted.has(item));
    }
    const merged = withoutDuplicates([...originalList, ...patchList], context);
    return orderElements(
      { ...partition(merged, patchList, '', context), patchOrder: patchList, serverOrder: originalList },
      identity,
      context,
    );
  }
  if (mergeKey === '') throw internal(`cannot merge lists without merge key for ${type.type === 'map' ? 'struct' : 'string'}`);
  const { original, patch } = applyDirectives(sliceOf(originalList), patchList, mergeKey, context);
  const merged = mergeItems(original, patch, merge);
  return orderElements(
    { ...partition(merged, patch, mergeKey, context), patchOrder: patch, serverOrder: itemsOf(original) },
    identity,
    context,
  );
};

/** Which items of a merged list another list names. */
export const partition = (
  merged: readonly MutableJson[],
  named: readonly MutableJson[],
  mergeKey: string,
  context: MergeContext,
): { readonly patch: MutableJson[]; readonly serverOnly: MutableJson[] } => {
  countSteps(context, merged.length + named.length);
  const keys = new Set(named.map((item) => (mergeKey === '' ? item : own(asMap(item), mergeKey))));
  const lists: { readonly patch: MutableJson[]; readonly serverOnly: MutableJson[] } = { patch: [], serverOnly: [] };
  for (const item of merged) {
    const key = mergeKey === '' ? item : own(asMap(item), mergeKey);
    if (key === undefined) throw noMergeKey(asMap(item), mergeKey);
    lists[keys.has(key) ? 'patch' : 'serverOnly'].push(item);
  }
  return lists;
};

/** Takes over a new value: what is null is not set, what is only a directive is dropped. Undefined: nothing is left. */
export const takeOver = (value: MutableJson): MutableJson | undefined => {
  discardNulls(value);
  return removeDirectives(value);
};

const discardNulls = (value: MutableJson): void => {
  if (Array.isArray(value)) {
    for (const item of value) discardNulls(item);
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value as MutableObject)) {
      if (item === null) delete (value as MutableObject)[key];
      else discardNulls(item);
    }
  }
};

/** A value without the objects that have a directive, at any depth. */
export const removeDirectives = (value: MutableJson): MutableJson | undefined => {
  if (Array.isArray(value)) return value.map(removeDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  const map = value as MutableObject;
  if (Object.hasOwn(map, DIRECTIVE)) return undefined;
  for (const [key, item] of Object.entries(map)) {
    const kept = removeDirectives(item);
    if (kept === undefined) delete map[key];
    else setOwn(map, key, kept);
  }
  return map;
};

export const asList = (value: MutableJson): MutableJson[] => {
  if (!Array.isArray(value)) throw badArgument('[]interface {}', value);
  return value;
};
