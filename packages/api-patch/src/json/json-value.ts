/** What a JSON text can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A value that this package made itself and may still change. */
export type MutableJson = null | boolean | number | string | MutableJson[] | MutableObject;

export interface MutableObject {
  [key: string]: MutableJson;
}

export const isObject = <Value>(value: Value): value is Extract<Value, object> & Value =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value under a key, never one that is inherited (`constructor`). */
export const own = <Value>(object: { readonly [key: string]: Value }, key: string): Value | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** Sets a key whatever its name: `__proto__` becomes a key like any other and no prototype. */
export const setOwn = <Value>(object: { [key: string]: Value }, key: string, value: Value): void => {
  if (key === '__proto__') Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else object[key] = value;
};

/** A copy that shares nothing with the original. */
export const cloneJson = (value: JsonValue): MutableJson => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cloneJson);
  const copy: MutableObject = {};
  for (const [key, item] of Object.entries(value)) setOwn(copy, key, cloneJson(item));
  return copy;
};

export const cloneObject = (value: JsonObject): MutableObject => cloneJson(value) as MutableObject;

/** Whether two values are the same, the order of keys aside. A key that is undefined counts as absent. */
export const sameJson = (left: JsonValue | undefined, right: JsonValue | undefined): boolean => {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    return (
      Array.isArray(left) &&
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, index) => sameJson(item, right[index]))
    );
  }
  const [a, b] = [left as JsonObject, right as JsonObject];
  return (
    Object.keys(a).every((key) => sameJson(a[key], own(b, key))) &&
    Object.keys(b).every((key) => b[key] === undefined || Object.hasOwn(a, key))
  );
};

/** Nesting that objects and patches may have, that of `MAX_JSON_LEVELS` of diagnostics. Upstream's decoder allows 10,000 and no type of the API needs 30. */
export const MAX_DEPTH = 200;

/** Whether a value is nested deeper than `limit`; looks no further than that, and needs no stack of its own. */
export const isTooDeep = (value: unknown, limit = MAX_DEPTH): boolean => {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      for (const child of Array.isArray(item) ? item : Object.values(item))
        if (typeof child === 'object' && child !== null) next.push(child);
    }
    level = next;
  }
  return false;
};
