import { decodeProtobuf as decodeMessage } from '@solo-kubelet/api-protobuf';
import { MAX_JSON_LEVELS, nestsDeeper } from '@solo-kubelet/diagnostics/nesting';
import type { FeatureGates } from '@solo-kubelet/pod-spec/schema';
import { groupVersion } from '../resources/api-resource.js';
import { jsonText } from '../respond/object-json.js';
import { badRequest } from '../status/api-error.js';
import { type DecodedObject, decodeBody, type ExpectedKind } from './decode-object.js';

const SUMMARY_BYTES = 30;

/** The beginning of a body, for a message. */
const summarize = (bytes: Uint8Array): string => {
  const shown = Buffer.from(bytes.subarray(0, SUMMARY_BYTES)).toString('hex');
  return bytes.length > SUMMARY_BYTES ? `${shown} ...` : shown || '<empty>';
};

/** Reads an object in `application/vnd.kubernetes.protobuf`. What the message says is judged as JSON is. @throws ApiError 400 */
export const decodeProtobuf = (bytes: Uint8Array, expected: ExpectedKind, gates: FeatureGates = {}): DecodedObject => {
  const unrecognized = (message: string): never => {
    throw badRequest(`the object provided is unrecognized (must be of type ${expected.kind}): ${message} (${summarize(bytes)})`);
  };
  if (bytes.length === 0) return unrecognized('empty data');
  const result = decodeMessage(bytes, { apiVersion: groupVersion(expected), kind: expected.kind });
  if (!result.ok) return unrecognized(result.problem === 'malformed' ? 'unexpected EOF' : result.message);
  if (nestsDeeper(result.object, MAX_JSON_LEVELS)) return unrecognized(`exceeded max depth of ${MAX_JSON_LEVELS}`);
  return decodeBody(new TextEncoder().encode(jsonText(result.object)), 'json', expected, gates);
};
