import { goPrint } from '../json/go-print.js';
import {
  cloneObject,
  isObject,
  isTooDeep,
  type JsonObject,
  MAX_DEPTH,
  type MutableJson,
  type MutableObject,
  own,
  setOwn,
} from '../json/json-value.js';
import { asResult, badRequest, internal, type PatchResult } from '../patch-error.js';
import { type ApiType, schemaOf } from '../schema/api-type.js';
import type { FieldType, ValueType } from '../schema/schema-types.js';
import { orderElements, withoutDeletions } from './element-order.js';
import {
  asMap,
  DELETE_LIST_PREFIX,
  DIRECTIVE,
  type MergeContext,
  noMergeKey,
  ORDER_LIST_PREFIX,
  RETAIN_KEYS,
  unknownDirective,
} from './merge-context.js';
import { areMaps, asList, mergeLists, partition, removeDirectives, takeOver } from './merge-lists.js';

/** A field by its name in JSON. Upstream falls back on a name that differs in case only. */
const fieldOf = (type: ValueType, key: string): FieldType => {
  if (type.type === 'any') throw internal(`unable to find api field in struct RawExtension for the json field ${JSON.stringify(key)}`);
  if (type.type !== 'map' || type.name === '') throw internal('merging an object in json but data type is not struct, instead is: map');
  const field = type.fields.get(key) ?? [...type.fields].find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
  if (field === undefined) throw internal(`unable to find api field in struct ${type.name} for the json field ${JSON.stringify(key)}`);
  return field;
};

const listFieldOf = (type: ValueType, key: string): { readonly field: FieldType; readonly element: ValueType } => {
  const field = fieldOf(type, key);
  if (field.type.type !== 'list') throw internal('expected slice or array type, but got: struct');
  return { field, element: field.type.element };
};

const nameBehind = (key: string, prefix: string, message: string): string => {
  if (!key.startsWith(`${prefix}/`)) throw badRequest(message);
  return key.slice(prefix.length + 1);
};

/** Keeps only the keys that the directive names, and refuses a patch that sets others. */
const applyRetainKeys = (original: MutableObject, patch: MutableObject): void => {
  const directive = own(patch, RETAIN_KEYS);
  if (directive === undefined) return;
  delete patch[RETAIN_KEYS];
  if (!Array.isArray(directive)) throw badRequest('invalid patch format of retainKeys');
  const retained = new Set<unknown>(directive);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || key.startsWith(DELETE_LIST_PREFIX) || key.startsWith(ORDER_LIST_PREFIX)) continue;
    if (!retained.has(key)) throw badRequest('invalid patch format of retainKeys');
  }
  for (const key of Object.keys(original)) if (!retained.has(key)) delete original[key];
};

/** The items of a patch must be in the order list, in the same order. */
const checkOrder = (patch: readonly MutableJson[], order: readonly MutableJson[], mergeKey: string): void => {
  if (order.length === 0 || patch.length === 0) return;
  const items = mergeKey === '' ? patch : withoutDeletions(patch);
  const keyOf = (item: MutableJson): MutableJson => {
    if (mergeKey === '') return item;
    const key = own(asMap(item), mergeKey);
    if (key === undefined) throw noMergeKey(asMap(item), mergeKey);
    return key;
  };
  let at = 0;
  let place = 0;
  while (at < items.length && place < order.length) {
    const item = items[at] as MutableJson;
    if (isObject(item) && Object.hasOwn(item as MutableObject, DIRECTIVE)) {
      at += 1;
      continue;
    }
    if (keyOf(item) === keyOf(order[place] as MutableJson)) at += 1;
    place += 1;
  }
  if (at < items.length && place >= order.length)
    throw internal(`The order in patch list:\n${goPrint(patch)}\n doesn't match ${ORDER_LIST_PREFIX} list:\n${goPrint(order)}\n`);
};

/** Merges the lists for which the patch has an order list, and takes both out of the patch. */
const mergeOrderedLists = (original: MutableObject, patch: MutableObject, type: ValueType, context: MergeContext): void => {
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(ORDER_LIST_PREFIX)) continue;
    const order = asList(patch[key] as MutableJson);
    delete patch[key];
    const name = nameBehind(key, ORDER_LIST_PREFIX, 'invalid patch format of setElementOrder list');
    const [liveList, patchList] = [own(original, name), own(patch, name)];
    const live = liveList === undefined ? undefined : asList(liveList);
    const patched = patchList === undefined ? undefined : asList(patchList);
    const { field, element } = listFieldOf(type, name);
    const mergeKey = field.mergeKey ?? '';
    checkOrder(patched ?? [], order, mergeKey);
    const merged = mergeForOrder(live, patched, field, { mergeKey, type: element, mergeItem: mergeMaps, context, isDeleteList: false });
    if (merged === undefined) continue;
    const parts = partition(merged, order, mergeKey, context);
    const identity = { areMaps: areMaps(live ?? [], patched ?? []), mergeKey };
    setOwn(original, name, orderElements({ ...parts, patchOrder: order, serverOrder: live ?? [] }, identity, context));
    delete patch[name];
  }
};

const mergeForOrder = (
  live: MutableJson[] | undefined,
  patched: MutableJson[] | undefined,
  field: FieldType,
  merge: Parameters<typeof mergeLists>[2],
): MutableJson[] | undefined => {
  if (patched === undefined) return live;
  if (live === undefined) return removeDirectives(patched) as MutableJson[];
  return field.mergeKey === undefined ? patched : mergeLists(live, patched, merge);
};

/** Merges a patch into an object, both of which may be changed. */
function mergeMaps(original: MutableObject, patch: MutableObject, type: ValueType, context: MergeContext): MutableObject {
  const directive = own(patch, DIRECTIVE);
  if (directive === 'replace') {
    delete patch[DIRECTIVE];
    return patch;
  }
  if (directive === 'delete') return {};
  if (directive !== undefined) throw unknownDirective(directive, patch);
  applyRetainKeys(original, patch);
  mergeOrderedLists(original, patch, type, context);
  for (const [patchKey, value] of Object.entries(patch)) {
    const isDeleteList = patchKey.startsWith(DELETE_LIST_PREFIX);
    const name = isDeleteList ? nameBehind(patchKey, DELETE_LIST_PREFIX, 'invalid patch format of primitive list') : patchKey;
    const key = name === '' ? patchKey : name;
    if (value === null) {
      delete original[key];
      continue;
    }
    const merged = mergeField(own(original, key), value, { key, type, isDeleteList, context });
    if (merged === undefined) delete original[key];
    else if (merged !== KEEP) setOwn(original, key, merged);
  }
  return original;
}

/** Says that a field stays as it is. */
const KEEP = Symbol('keep');

interface FieldMerge {
  readonly key: string;
  readonly type: ValueType;
  readonly isDeleteList: boolean;
  readonly context: MergeContext;
}

const mergeField = (
  original: MutableJson | undefined,
  value: MutableJson,
  { key, type, isDeleteList, context }: FieldMerge,
): MutableJson | undefined | typeof KEEP => {
  if (Array.isArray(original) && Array.isArray(value)) {
    const { field, element } = listFieldOf(type, key);
    if (field.mergeKey === undefined && !isDeleteList) return value;
    return mergeLists(original, value, { mergeKey: field.mergeKey ?? '', type: element, mergeItem: mergeMaps, context, isDeleteList });
  }
  if (isObject(original) && isObject(value)) {
    const field = fieldOf(type, key);
    return field.replaced ? value : mergeMaps(original as MutableObject, value as MutableObject, field.type, context);
  }
  return isDeleteList ? KEEP : takeOver(value);
};

/**
 * Applies a strategic merge patch as an API server of Kubernetes 1.36 does, with its directives and its order of list items.
 * `object` has its defaults, as the server shows it. Changes neither argument.
 */
export const applyStrategicMergePatch = (type: ApiType, object: object, patch: unknown): PatchResult<{ readonly object: JsonObject }> =>
  asResult(() => {
    if (!isObject(patch)) throw badRequest('a strategic merge patch is an object');
    if (isTooDeep(patch) || isTooDeep(object)) throw badRequest(`exceeded max depth ${MAX_DEPTH}`);
    return {
      object: mergeMaps(cloneObject(object as JsonObject), cloneObject(patch as unknown as JsonObject), schemaOf(type), { steps: 0 }),
    };
  });
