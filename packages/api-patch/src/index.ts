export { type DecodedJson, type DecodeJsonOptions, decodeJson } from './json/decode-json.js';
export type { JsonObject, JsonValue } from './json/json-value.js';
export { type ReadPatch, type ReadPatchOptions, readJsonPatch, readMergePatch, readStrategicMergePatch } from './json/read-patch.js';
export { applyJsonPatch, type JsonPatchOperation } from './json-patch/apply-json-patch.js';
export { applyMergePatch } from './merge-patch/apply-merge-patch.js';
export type { PatchError, PatchErrorCause, PatchResult } from './patch-error.js';
export { type ApiType, isKnownType, knownTypes } from './schema/api-type.js';
export { completeObject } from './schema/complete-object.js';
export { applyStrategicMergePatch } from './strategic/apply-strategic-merge-patch.js';
