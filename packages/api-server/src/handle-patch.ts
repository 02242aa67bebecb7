import { headerOf, type RequestContext } from './context.js';
import { decodeTree, expectedOf } from './decode/decode-object.js';
import { valueNode } from './decode/value-node.js';
import { authorizeCreate, checkNames, MAX_BODY_BYTES, partOf, SCALE } from './handle-resource.js';
import { placeInNamespace } from './registry/create-object.js';
import type { PatchForm } from './registry/patcher.js';
import { updateObject, wholeObject } from './registry/update-object.js';
import { readWriteOptions } from './request/query-options.js';
import type { ApiResource } from './resources/api-resource.js';
import { type PlainAnswer, valueAnswer } from './respond/answer.js';
import { objectAnswer } from './respond/object-answer.js';
import { shownObject } from './respond/object-json.js';
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

/** Reads the object that a patch made, as if it had been sent. */
const readPatched = (
  ctx: RequestContext,
  resource: ApiResource,
  value: unknown,
  patchErrors: readonly string[],
  mode: 'Ignore' | 'Warn' | 'Strict',
  name: string,
): ObjectDraft => {
  const isScale = ctx.info.subresource === 'scale';
  const expected = isScale ? SCALE : expectedOf(resource);
  const tree = { ok: true, root: valueNode(value), doubled: [] } as const;
  const decoded = decodeTree(tree, new Uint8Array(), 'json', expected);
  const strict = [...patchErrors, ...decoded.strictErrors];
  if (mode === 'Strict' && strict.length > 0) {
    const detail = `strict decoding error: ${strict.join(', ')}`;
    const error = {
      type: 'Invalid value',
      field: 'patch',
      detail,
      message: `patch: Invalid value: ${JSON.stringify('')}: ${detail}`,
    } as const;
    throw invalid({ group: resource.group, name: resource.kind }, name, [error]);
  }
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
    const draft = readPatched(ctx, resource, value, strictErrors, options.fieldValidation, name);
    checkNames(draft, namespace, name);
    if (isScale) return scaledObject(resource, old!, draft);
    placeInNamespace(draft, resource, namespace);
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
