import type { Field } from './field-kinds.js';
import { type FieldPath, fields, type KubeletConfiguration } from './fields.js';
import { isJsonObject, type JsonObject, valueAt, withValueAt } from './json-paths.js';

export const API_VERSION = 'kubelet.config.k8s.io/v1beta1';
export const KIND = 'KubeletConfiguration';

export const fieldPaths = Object.keys(fields) as readonly FieldPath[];
const table: Readonly<Record<FieldPath, Field<unknown>>> = fields;

/** Every path that leads to fields, such as `authentication` and `authentication.x509`. */
const branches = new Set(
  fieldPaths.flatMap((path) => {
    const parts = path.split('.');
    return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'));
  }),
);

export interface Decoded {
  readonly config: KubeletConfiguration;
  /** Values of the wrong type, `PATH: expected …`. */
  readonly errors: readonly string[];
}

/** Reads every field of the JSON document and fills in defaults; `defaults` win over the table's. */
export const decodeConfiguration = (json: JsonObject, defaults: Readonly<Partial<Record<FieldPath, unknown>>> = {}): Decoded => {
  const errors: string[] = [];
  const decode = (path: FieldPath): unknown => {
    const value = valueAt(json, path);
    const fallback = path in defaults ? defaults[path] : table[path].fallback;
    if (value === undefined || value === null) return fallback;
    try {
      return table[path].kind.decode(value);
    } catch (error) {
      // In the words of upstream's decoder (encoding/json).
      const message =
        error instanceof RangeError
          ? `json: cannot unmarshal number ${JSON.stringify(value)} into Go struct field KubeletConfiguration.${path} of type ${error.message}`
          : (error as Error).message;
      errors.push(`${path}: ${message}`);
      return fallback;
    }
  };
  const values = Object.fromEntries(fieldPaths.map((path) => [path, decode(path)]));
  const parallel = values['maxParallelImagePulls'];
  if (valueAt(json, 'serializeImagePulls') === undefined && typeof parallel === 'number' && parallel > 1)
    values['serializeImagePulls'] = false;
  return { config: Object.freeze(values) as KubeletConfiguration, errors };
};

/** The configuration as /configz shows it and as a file may say it; fields that are unset are left out. */
export const encodeConfiguration = (config: KubeletConfiguration): JsonObject =>
  fieldPaths.reduce<JsonObject>(
    (json, path) => (config[path] === undefined ? json : withValueAt(json, path, table[path].kind.encode(config[path]))),
    { kind: KIND, apiVersion: API_VERSION },
  );

/** Paths of the document that no field has, in its order. */
export const unknownPaths = (json: JsonObject, under = ''): readonly string[] =>
  Object.entries(json).flatMap(([key, value]) => {
    const path = `${under}${key}`;
    if (path in table || path === 'apiVersion' || path === 'kind') return [];
    return branches.has(path) && (isJsonObject(value) || value === null) ? unknownPaths(value ?? {}, `${path}.`) : [path];
  });
