import { headerOf, type RequestContext } from './context.js';
import { decodeTree, expectedOf } from './decode/decode-object.js';
import { outerFirst } from './decode/strict-order.js';
import { valueNode } from './decode/value-node.js';
import { authorizeCreate, checkNames, MAX_BODY_BYTES, partOf, SCALE } from './handle-resource.js';
import { placeInNamespace } from './registry/create-object.js';
import type { PatchForm } from './registry/patcher.js';
import { updateObject, wholeObject } from './registry/update-object.js';
import { readWriteOptions } from './request/query-options.js';
import type { ApiResource } from './resources/api-resource.js';
import { type PlainAnswer, valueAnswer } from './respond/answer.js';
import { objectAnswer } from './respond/object-answer.js';
import { jsonText, shownObject } from './respond/object-json.js';
import { ApiError, invalid, tooLarge } from './status/api-error.js';
import type { ObjectDraft, StoredObject } from './stored-object.js';
import { scaledObject, scaleOf } from './subresources/scale.js';

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

interface PatchedInput {
  readonly value: unknown;
  readonly patchErrors: readonly string[];
  readonly form: PatchForm;
  readonly mode: 'Ignore' | 'Warn' | 'Strict';
}

/** Reads the object that a patch made, as if it had been sent. @throws ApiError 422 */
const readPatched = (
  ctx: RequestContext,
  resource: ApiResource,
  current: StoredObject,
  { value, patchErrors, form, mode }: PatchedInput,
): ObjectDraft => {
  const isScale = ctx.info.subresource === 'scale';
  const expected = isScale ? SCALE : expectedOf(resource);
  // A strategic patch is merged into what the object is: it cannot make it another kind.
  const { apiVersion, kind } = current;
  const wanted = form === 'strategic' ? { ...(value as object), apiVersion, kind } : value;
  let decoded: ReturnType<typeof decodeTree>;
  try {
    decoded = decodeTree({ ok: true, root: valueNode(wanted), doubled: [] }, new Uint8Array(), 'json', expected);
  } catch (error) {
    if (error instanceof ApiError && error.code === 400) throw unusablePatch(wanted, error.message.replace(DECODE_PREFIX, ''));
    throw error;
  }
  const found = form === 'strategic' ? outerFirst(decoded.strictErrors) : decoded.strictErrors;
  const strict = [...patchErrors, ...found];
  if (mode === 'Strict' && strict.length > 0) throw unusablePatch(wanted, `strict decoding error: ${strict.join(', ')}`);
  if (mode === 'Warn') for (const text of strict) ctx.warn(text);
  if (!isScale) resource.rules!.fillDefaults(decoded.draft);
  return decoded.draft;
};

/** Changes an object by a patch. @throws ApiError */
export const handlePatch = (
  given: RequestContext,
  resource: ApiResource,
  negotiated: (ctx: RequestContext) => RequestContext = (each) => each,
): PlainAnswer => {
  const form = formOf(given);
  const ctx = negotiated(given);
  const { namespace, name, subresource } = ctx.info;
  if (ctx.request.bodyTooLarge === true) throw tooLarge(MAX_BODY_BYTES);
  const options = readWriteOptions(ctx.query, 'PatchOptions', form === 'apply');
  const isScale = subresource === 'scale';
  if (form === 'apply')
    throw new ApiError({ code: 415, reason: 'UnsupportedMediaType', message: '415: Unsupported Media Type', details: {} });
  const make = (old: StoredObject | undefined): ObjectDraft => {
    const shown = isScale ? scaleOf(old!) : shownObject(resource, old!);
    const { value, strictErrors } = ctx.parts.patcher.patch(
      form,
      ctx.request.body,
      shown,
      resource,
      shown.kind,
      options.fieldValidation !== 'Ignore',
    );
    const draft = readPatched(ctx, resource, shown, { value, patchErrors: strictErrors, form, mode: options.fieldValidation });
    if (!isScale) placeInNamespace(draft, resource, namespace);
    checkNames(draft, namespace, name);
    if (isScale) return scaledObject(resource, old!, draft);
    return draft;
  };
  const part = isScale ? { ...wholeObject(resource), subresource } : partOf(ctx, resource, subresource);
  const { object } = updateObject(ctx, resource, {
    namespace,
    name,
    part,
    options,
    make,
    mayCreate: false,
    beforeCreate: () => authorizeCreate(ctx, resource),
  });
  return isScale ? valueAnswer(200, ctx.output, scaleOf(object)) : objectAnswer(ctx, resource, object);
};
