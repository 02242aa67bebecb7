import { serverSideApply } from '@solo-kubelet/api-patch';
import { decodeUtf8 } from '@solo-kubelet/pod-spec/schema';
import { headerOf, type RequestContext } from './context.js';
import { convertNumbers, NumberRefusal } from './decode/convert-numbers.js';
import { decodeTree, type ExpectedKind, expectedOf } from './decode/decode-object.js';
import { readBody } from './decode/read-body.js';
import { outerFirst } from './decode/strict-order.js';
import { nodeValue, valueNode } from './decode/value-node.js';
import { patchRefusal } from './registry/api-patcher.js';
import { placeInNamespace } from './registry/create-object.js';
import type { PatchForm } from './registry/patcher.js';
import { setManagers } from './registry/track-managers.js';
import { updateObject, wholeObject } from './registry/update-object.js';
import { managerOf, qualifiedResource } from './registry/write-object.js';
import { readWriteOptions, type WriteOptions } from './request/query-options.js';
import { type ApiResource, groupVersion } from './resources/api-resource.js';
import type { PlainAnswer } from './respond/answer.js';
import { objectAnswer } from './respond/object-answer.js';
import { jsonText, shownObject } from './respond/object-json.js';
import { serverSchema } from './schema/server-schema.js';
import { ApiError, badRequest, conflict, internal, invalid, tooLarge } from './status/api-error.js';
import type { ObjectDraft, StoredObject } from './stored-object.js';
import { managedScaleOf, scaleAnswer, scaledManagers, scaledObject, scaleOf, trackScale } from './subresources/scale.js';
import { authorizeCreate, checkNames, MAX_BODY_BYTES, partOf, SCALE } from './write-parts.js';

const FORMS: Readonly<Record<string, PatchForm | 'apply'>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** In which form a patch comes. @throws ApiError 415 */
const formOf = (ctx: RequestContext): PatchForm | 'apply' => {
  const media = headerOf(ctx.request, 'content-type').split(';')[0]!.trim();
  const form = FORMS[media];
  if (form !== undefined) return form;
  throw new ApiError({ code: 415, reason: 'UnsupportedMediaType', message: '415: Unsupported Media Type', details: {} });
};

/** A patch that leads to no object: said of the patch, and of no kind. */
const unusablePatch = (value: unknown, detail: string): ApiError => {
  const shown = JSON.stringify(jsonText(value));
  const error = { type: 'Invalid value', field: 'patch', detail, message: `patch: Invalid value: ${shown}: ${detail}` } as const;
  return invalid({ group: '', name: '' }, '', [error]);
};

const DECODE_PREFIX = /^(?:.* cannot be handled as a \w+: |the object provided is unrecognized \(must be of type \w+\): )/;

/**
 * An object without a version is read as upstream's own form of it, whose fields have other names: nothing but its kind is found in it.
 * Tells which fields are lost; undefined for one that has a version.
 */
const withoutVersion = (value: unknown): readonly string[] | undefined => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if (((value as { readonly apiVersion?: unknown }).apiVersion ?? '') !== '') return undefined;
  const names = Object.keys(value).filter((name) => name !== 'apiVersion' && name !== 'kind');
  return names.sort().map((name) => `unknown field ${JSON.stringify(name)}`);
};

interface PatchedInput {
  readonly value: unknown;
  readonly patchErrors: readonly string[];
  readonly form: PatchForm | 'apply';
  readonly mode: 'Ignore' | 'Warn' | 'Strict';
  /** Of an apply: the configuration. */
  readonly applied?: unknown;
}

/** What was merged has a form that its type cannot take: said in words of the object that was applied. */
const unusableResult = (applied: unknown, { group, version, kind }: ExpectedKind, why: string): ApiError => {
  const type = `${group}/${version}, Kind=${kind}`;
  const { namespace = '', name = '' } =
    (applied as { readonly metadata?: { readonly namespace?: string; readonly name?: string } }).metadata ?? {};
  // Values are converted one by one, so that none is told by the field it is in.
  const [start, field] = why.split(' into Go struct field ');
  const alone =
    field === undefined ? why : `${start} into Go value of type ${field.slice(field.indexOf(' of type ') + ' of type '.length)}`;
  const detail = alone.startsWith('illegal base64') ? `error decoding from json: ${alone}` : alone;
  return internal(
    `failed to convert new object (${namespace}/${name}; ${type}) to proper version: unable to convert unstructured object to ${type}: ${detail}`,
  );
};

/** Reads the object that a patch made, as if it had been sent. @throws ApiError 422 */
const readPatched = (
  ctx: RequestContext,
  resource: ApiResource,
  current: StoredObject,
  { value, patchErrors, form, mode, applied }: PatchedInput,
): ObjectDraft => {
  const isScale = ctx.info.subresource === 'scale';
  const expected = isScale ? SCALE : expectedOf(resource);
  // A strategic patch is merged into what the object is: it cannot make it another kind.
  const { apiVersion, kind } = current;
  const wanted = form === 'strategic' ? { ...(value as object), apiVersion, kind } : value;
  const check = (strict: readonly string[]): void => {
    if (mode === 'Strict' && strict.length > 0) throw unusablePatch(wanted, `strict decoding error: ${strict.join(', ')}`);
    if (mode === 'Warn') for (const text of strict) ctx.warn(text);
  };
  const lost = form === 'json' || form === 'merge' ? withoutVersion(wanted) : undefined;
  if (lost !== undefined) {
    check([...patchErrors, ...lost]);
    return { apiVersion, kind, metadata: {} as ObjectDraft['metadata'] };
  }
  let decoded: ReturnType<typeof decodeTree>;
  try {
    const read = form === 'json' || form === 'merge' ? wanted : convertNumbers(serverSchema.struct(expected.struct), wanted);
    decoded = decodeTree({ ok: true, root: valueNode(read), doubled: [] }, new Uint8Array(), 'json', expected, ctx.parts.featureGates);
    if (decoded.refusal !== undefined) throw decoded.refusal;
  } catch (error) {
    if (!(error instanceof NumberRefusal || (error instanceof ApiError && error.code === 400))) throw error;
    const why = error.message.replace(DECODE_PREFIX, '');
    throw form === 'apply' ? unusableResult(applied, expected, why) : unusablePatch(wanted, why);
  }
  const found = form === 'strategic' ? outerFirst(decoded.strictErrors) : decoded.strictErrors;
  check([...patchErrors, ...found]);
  if (!isScale) resource.rules!.fillDefaults(decoded.draft);
  return decoded.draft;
};

/** The configuration of an apply, and what in its text a strict reader would not take. @throws ApiError 400 */
const readConfiguration = (ctx: RequestContext): { readonly applied: unknown; readonly strictErrors: readonly string[] } => {
  const { body } = ctx.request;
  if (decodeUtf8(body).trim() === '') return { applied: {}, strictErrors: [] };
  const tree = readBody(body, 'yaml');
  if (!tree.ok) throw badRequest(`error decoding YAML: error converting YAML to JSON: ${tree.message}`);
  return { applied: nodeValue(tree.root), strictErrors: tree.doubled };
};

/** Says what a strict reader finds in the text of an apply. @throws ApiError 400 */
const validateConfiguration = (ctx: RequestContext, errors: readonly string[], mode: WriteOptions['fieldValidation']): void => {
  if (errors.length === 0 || mode === 'Ignore') return;
  if (mode === 'Warn') {
    for (const error of errors) ctx.warn(error);
    return;
  }
  const lines = errors.map((error) => `  ${error}`).join('\n');
  throw badRequest(`error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n${lines}`);
};

/** The object that an apply makes, with its managers. @throws ApiError */
const makeApplied = (ctx: RequestContext, resource: ApiResource, options: WriteOptions) => {
  const { namespace, name, subresource } = ctx.info;
  const isScale = subresource === 'scale';
  const { applied, strictErrors } = readConfiguration(ctx);
  return (old: StoredObject | undefined): ObjectDraft => {
    const result = serverSideApply({
      type: isScale
        ? { apiVersion: 'autoscaling/v1', kind: 'Scale' }
        : { apiVersion: groupVersion(resource), kind: resource.kind, gates: ctx.parts.featureGates },
      live: old === undefined ? undefined : isScale ? managedScaleOf(old) : shownObject(resource, old),
      applied,
      manager: options.fieldManager,
      force: options.force ?? false,
      subresource,
      now: ctx.nowText,
    });
    if (!result.ok) throw patchRefusal(result.error);
    validateConfiguration(ctx, strictErrors, options.fieldValidation);
    const shown = { apiVersion: groupVersion(resource), kind: resource.kind, metadata: {} };
    const draft = readPatched(ctx, resource, shown, {
      ...{ value: result.object, patchErrors: [], form: 'apply', mode: 'Ignore', applied },
    });
    const { uid } = draft.metadata;
    if (old === undefined && uid) {
      const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
      throw conflict(qualifiedResource(resource), name, why);
    }
    if (!isScale) placeInNamespace(draft, resource, namespace);
    checkNames(draft, namespace, name);
    const { managedFields } = result.object['metadata'] as { readonly managedFields?: unknown };
    if (!isScale) {
      setManagers(draft, managedFields);
      return draft;
    }
    const scaled = scaledObject(resource, old!, draft);
    setManagers(scaled, scaledManagers(old!, managedFields));
    return scaled;
  };
};

/** The object that a patch makes. @throws ApiError */
const makePatched =
  (ctx: RequestContext, resource: ApiResource, form: PatchForm, options: WriteOptions) =>
  (old: StoredObject | undefined): ObjectDraft => {
    const { namespace, name, subresource } = ctx.info;
    const isScale = subresource === 'scale';
    const shown = isScale ? scaleOf(old!) : shownObject(resource, old!);
    const { value, strictErrors } = ctx.parts.patcher.patch(
      form,
      ctx.request.body,
      shown,
      resource,
      shown.kind,
      options.fieldValidation !== 'Ignore',
      ctx.parts.featureGates,
    );
    const draft = readPatched(ctx, resource, shown, { value, patchErrors: strictErrors, form, mode: options.fieldValidation });
    if (!isScale) placeInNamespace(draft, resource, namespace);
    checkNames(draft, namespace, name);
    if (!isScale) return draft;
    const scaled = scaledObject(resource, old!, draft);
    trackScale(old!, draft, scaled, { manager: managerOf(ctx, options), subresource, nowText: ctx.nowText });
    return scaled;
  };

/** Changes an object by a patch, or applies one. @throws ApiError */
export const handlePatch = (
  given: RequestContext,
  resource: ApiResource,
  negotiated: (ctx: RequestContext) => RequestContext,
): PlainAnswer => {
  const form = formOf(given);
  const ctx = negotiated(given);
  const { namespace, name, subresource } = ctx.info;
  if (ctx.request.bodyTooLarge === true) throw tooLarge(MAX_BODY_BYTES);
  const options = readWriteOptions(ctx.query, 'PatchOptions', form === 'apply');
  const isScale = subresource === 'scale';
  const part = isScale ? { ...wholeObject(resource), subresource } : partOf(ctx, resource, subresource);
  const { object, created } = updateObject(ctx, resource, {
    namespace,
    name,
    part,
    options,
    make: form === 'apply' ? makeApplied(ctx, resource, options) : makePatched(ctx, resource, form, options),
    mayCreate: form === 'apply' && subresource === '',
    isTracked: form === 'apply' || isScale,
    beforeCreate: () => authorizeCreate(ctx, resource),
  });
  return isScale ? scaleAnswer(ctx, object) : objectAnswer(ctx, resource, object, created ? 201 : 200);
};
