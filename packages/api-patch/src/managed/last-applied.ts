import { difference, type FieldSet } from '../fields/field-set.js';
import { isObject, isTooDeep, type JsonObject, type JsonValue, own } from '../json/json-value.js';
import { compareTyped } from '../typed/compare-typed.js';
import { toFieldSet } from '../typed/to-field-set.js';
import { typeError } from '../typed/validate-typed.js';
import type { ChangeContext } from './update-managers.js';

const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';
/** Bytes that all annotations may have; upstream's TotalAnnotationSizeLimitB. */
const MAX_ANNOTATIONS = 256 * 1024;

const metadataOf = (object: JsonObject): JsonObject => {
  const metadata = own(object, 'metadata');
  return (isObject(metadata) ? metadata : {}) as JsonObject;
};

const annotationsOf = (object: JsonObject): JsonObject | undefined => {
  const annotations = own(metadataOf(object), 'annotations');
  return isObject(annotations) ? (annotations as JsonObject) : undefined;
};

/** The configuration that client-side apply left in an object; empty if none. */
const lastAppliedOf = (object: JsonObject): string => {
  const text = own(annotationsOf(object) ?? {}, ANNOTATION);
  return typeof text === 'string' ? text : '';
};

/** Fields that an object still has as client-side apply wrote them: kubectl may take them over. Undefined: there is nothing to go by. */
export const clientSideFields = (live: JsonObject, { type, apiVersion }: ChangeContext): FieldSet | undefined => {
  const text = lastAppliedOf(live);
  if (text === '' || typeError(type, live) !== '') return undefined;
  let applied: JsonValue;
  try {
    applied = JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
  if (!isObject(applied) || isTooDeep(applied)) return undefined;
  const object = applied as JsonObject;
  if (own(object, 'apiVersion') !== apiVersion || typeError(type, object) !== '') return undefined;
  const { modified, added, removed } = compareTyped(type, object, live);
  return difference(difference(difference(toFieldSet(type, object), modified), added), removed);
};

/** A JSON text as Go writes it: keys in order, signs of HTML escaped. */
const goJson = (value: JsonValue): string => {
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  if (!isObject(value))
    return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const map = value as JsonObject;
  return `{${Object.keys(map)
    .sort()
    .map((key) => `${goJson(key)}:${goJson(map[key] as JsonValue)}`)
    .join(',')}}`;
};

const byteLength = (text: string): number => new TextEncoder().encode(text).length;

/** Keeps the annotation of an object up to date with what was applied, so that client-side apply can go on from there. */
export const updateLastApplied = (object: JsonObject, applied: JsonObject): JsonObject => {
  if (lastAppliedOf(object) === '') return object;
  const given = annotationsOf(applied);
  const { [ANNOTATION]: _old, ...appliedAnnotations } = given ?? {};
  const configuration =
    given === undefined ? applied : { ...applied, metadata: { ...metadataOf(applied), annotations: appliedAnnotations } };
  const { [ANNOTATION]: _previous, ...others } = annotationsOf(object) ?? {};
  const annotations: JsonObject = { ...others, [ANNOTATION]: `${goJson(configuration)}\n` };
  const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(String(value)), 0);
  return { ...object, metadata: { ...metadataOf(object), annotations: size > MAX_ANNOTATIONS ? others : annotations } };
};
