import { asResult, badRequest, type PatchResult } from '../patch-error.js';
import { decodeJson } from './decode-json.js';
import { isObject, type JsonObject } from './json-value.js';
import { RawScalar } from './raw-scalar.js';

export interface ReadPatchOptions {
  /** Whether `fieldValidation` is Warn or Strict (Warn is the default): changes messages, and fills `strictErrors`. */
  readonly validate: boolean;
}

/** A patch out of its text. */
export interface ReadPatch<Patch> {
  readonly patch: Patch;
  /** Fields that are unknown or given twice, in upstream's words: warnings, or with Strict a refusal. */
  readonly strictErrors: readonly string[];
}

const goKind = (value: unknown): string => {
  if (typeof value === 'boolean') return 'bool';
  if (Array.isArray(value)) return 'array';
  if (value instanceof RawScalar) return typeof value.value;
  return typeof value;
};

const decode = (text: string, prefix: string, keepRaw: boolean): { readonly value: unknown; readonly duplicates: readonly string[] } => {
  const decoded = decodeJson(text, { keepRaw });
  if (!decoded.ok) throw badRequest(`${prefix}${decoded.message}`);
  return decoded;
};

const mismatch = (value: unknown, type: string): string => `json: cannot unmarshal ${goKind(value)} into Go value of type ${type}`;

const operationFields: readonly string[] = ['op', 'path', 'from', 'value'];

/** Reads the text of a JSON patch for `applyJsonPatch`; keeps how numbers and strings were written, which test operations compare. */
export const readJsonPatch = (text: string, { validate }: ReadPatchOptions): PatchResult<ReadPatch<readonly JsonObject[]>> =>
  asResult(() => {
    const prefix = validate ? 'error decoding patch: ' : '';
    const type = validate ? '[]handlers.jsonPatchOp' : 'jsonpatch.Patch';
    const { value, duplicates } = decode(text, prefix, true);
    if (value === null) return { patch: [], strictErrors: [] };
    if (!Array.isArray(value)) throw badRequest(`${prefix}${mismatch(value, type)}`);
    const strictErrors = duplicates.map((path) => `json patch duplicate field ${JSON.stringify(path)}`);
    const operations = value.map((item: unknown, index): JsonObject => {
      if (item === null) return {};
      if (!isObject(item)) throw badRequest(`${prefix}${mismatch(item, validate ? 'handlers.jsonPatchOp' : 'jsonpatch.Operation')}`);
      // A RawScalar is a string or number here where an object is wanted.
      if (item instanceof RawScalar)
        throw badRequest(`${prefix}${mismatch(item, validate ? 'handlers.jsonPatchOp' : 'jsonpatch.Operation')}`);
      return readOperation(item as unknown as Readonly<Record<string, unknown>>, index, validate, strictErrors);
    });
    return { patch: operations, strictErrors: validate ? strictErrors : [] };
  });

const readOperation = (
  operation: Readonly<Record<string, unknown>>,
  index: number,
  validate: boolean,
  strictErrors: string[],
): JsonObject => {
  const read: Record<string, unknown> = { ...operation };
  for (const [field, raw] of Object.entries(operation)) {
    if (!operationFields.includes(field)) strictErrors.push(`json patch unknown field ${JSON.stringify(`[${index}].${field}`)}`);
    if (field === 'value' || !operationFields.includes(field)) continue;
    const value = raw instanceof RawScalar ? raw.value : raw;
    if (validate && value !== null && typeof value !== 'string')
      throw badRequest(
        `error decoding patch: json: cannot unmarshal ${goKind(value)} into Go struct field jsonPatchOp.${field} of type string`,
      );
    read[field] = value;
  }
  return read as JsonObject;
};

/** Reads the text of a JSON merge patch for `applyMergePatch`. */
export const readMergePatch = (text: string, { validate }: ReadPatchOptions): PatchResult<ReadPatch<JsonObject>> =>
  asResult(() => {
    const prefix = validate ? 'error decoding patch: ' : '';
    const { value, duplicates } = validate ? decode(text, prefix, false) : decodeQuietly(text);
    if (value !== null && !isObject(value))
      throw badRequest(validate ? `${prefix}${mismatch(value, 'map[string]interface {}')}` : 'Invalid JSON Patch');
    if (value === null) throw badRequest('Invalid JSON Patch');
    return { patch: value as unknown as JsonObject, strictErrors: validate ? duplicates.map(duplicateField) : [] };
  });

const decodeQuietly = (text: string): { readonly value: unknown; readonly duplicates: readonly string[] } => {
  const decoded = decodeJson(text);
  if (!decoded.ok) throw badRequest('Invalid JSON Patch');
  return decoded;
};

const duplicateField = (path: string): string => `duplicate field ${JSON.stringify(path)}`;

/** Reads the text of a strategic merge patch for `applyStrategicMergePatch`. */
export const readStrategicMergePatch = (text: string, { validate }: ReadPatchOptions): PatchResult<ReadPatch<JsonObject>> =>
  asResult(() => {
    const { value, duplicates } = decode(text, '', false);
    if (value !== null && !isObject(value)) throw badRequest(mismatch(value, 'map[string]interface {}'));
    return { patch: (value ?? {}) as unknown as JsonObject, strictErrors: validate ? duplicates.map(duplicateField) : [] };
  });
