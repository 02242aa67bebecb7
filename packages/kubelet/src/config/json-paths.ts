export type JsonObject = { readonly [key: string]: unknown };

export const isJsonObject = (json: unknown): json is JsonObject => typeof json === 'object' && json !== null && !Array.isArray(json);

/** The value at a dotted path, or undefined. */
export const valueAt = (json: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (isJsonObject(value) ? value[key] : undefined), json);

/** A copy with the value at a dotted path; objects on the way are made. */
export const withValueAt = (json: JsonObject, path: string, value: unknown): JsonObject => {
  const [key = '', ...rest] = path.split('.');
  if (rest.length === 0) return { ...json, [key]: value };
  const inner = json[key];
  return { ...json, [key]: withValueAt(isJsonObject(inner) ? inner : {}, rest.join('.'), value) };
};

/** RFC 7386: objects merge key by key, null deletes, anything else replaces. */
export const mergePatch = (target: unknown, patch: unknown): unknown => {
  if (!isJsonObject(patch)) return patch;
  const merged: Record<string, unknown> = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
};
