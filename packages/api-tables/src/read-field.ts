/**
 * Objects come from a store or a file: any JSON. A field that is missing or of another type counts as Go's zero value, so that a row is
 * printed whatever the object holds.
 */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isJsonObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at a path of own fields; undefined where there is none. */
export const fieldAt = (value: unknown, ...path: readonly string[]): unknown => {
  let at = value;
  for (const name of path) {
    if (!isJsonObject(at) || !Object.hasOwn(at, name)) return undefined;
    at = at[name];
  }
  return at;
};

export const textAt = (value: unknown, ...path: readonly string[]): string => {
  const found = fieldAt(value, ...path);
  return typeof found === 'string' ? found : '';
};

/** Text of an optional field; undefined where it is not set. */
export const optionalTextAt = (value: unknown, ...path: readonly string[]): string | undefined => {
  const found = fieldAt(value, ...path);
  return typeof found === 'string' ? found : undefined;
};

export const numberAt = (value: unknown, ...path: readonly string[]): number => optionalNumberAt(value, ...path) ?? 0;

export const optionalNumberAt = (value: unknown, ...path: readonly string[]): number | undefined => {
  const found = fieldAt(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
};

export const isTrueAt = (value: unknown, ...path: readonly string[]): boolean => fieldAt(value, ...path) === true;

export const listAt = (value: unknown, ...path: readonly string[]): readonly unknown[] => {
  const found = fieldAt(value, ...path);
  return Array.isArray(found) ? found : [];
};

export const textsAt = (value: unknown, ...path: readonly string[]): readonly string[] =>
  listAt(value, ...path).filter((item): item is string => typeof item === 'string');

export const mapAt = (value: unknown, ...path: readonly string[]): JsonObject => {
  const found = fieldAt(value, ...path);
  return isJsonObject(found) ? found : {};
};

export const nameOf = (object: unknown): string => textAt(object, 'metadata', 'name');

export const isBeingDeleted = (object: unknown): boolean => {
  const deletionTimestamp = fieldAt(object, 'metadata', 'deletionTimestamp');
  return deletionTimestamp !== undefined && deletionTimestamp !== null;
};
