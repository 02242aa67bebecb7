import {
  cloneJson,
  cloneObject,
  isObject,
  isTooDeep,
  type JsonObject,
  type JsonValue,
  MAX_DEPTH,
  type MutableJson,
  type MutableObject,
  own,
  setOwn,
} from '../json/json-value.js';
import { asResult, badRequest, type PatchResult } from '../patch-error.js';

/** A new value of a patch: nulls in its objects mean nothing, those in lists are kept. */
const withoutNulls = (value: JsonValue): MutableJson => {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value as MutableJson;
  const kept: MutableObject = {};
  for (const [key, item] of Object.entries(value as JsonObject)) if (item !== null) setOwn(kept, key, withoutNulls(item));
  return kept;
};

/** Changes `target`, which this package made. */
const mergeInto = (target: MutableObject, patch: JsonObject): void => {
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      delete target[key];
      continue;
    }
    const current = own(target, key);
    if (isObject(current) && isObject(value)) mergeInto(current as MutableObject, value as JsonObject);
    // Upstream prunes nulls from a value that is new or takes the place of no object, but takes over one that is no object as it is.
    else setOwn(target, key, isObject(value) || current === undefined || !isObject(current) ? withoutNulls(value) : cloneJson(value));
  }
};

/** Applies a JSON merge patch (RFC 7386) as an API server of Kubernetes 1.36 does. Changes neither argument. */
export const applyMergePatch = (object: object, patch: unknown): PatchResult<{ readonly object: JsonObject }> =>
  asResult(() => {
    if (!isObject(patch)) throw badRequest('Invalid JSON Patch');
    if (isTooDeep(patch) || isTooDeep(object)) throw badRequest(`exceeded max depth ${MAX_DEPTH}`);
    const merged = cloneObject(object as JsonObject);
    mergeInto(merged, patch as unknown as JsonObject);
    return { object: merged };
  });
