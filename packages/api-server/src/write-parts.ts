import { authorize } from './access/authorize.js';
import { headerOf, type RequestContext } from './context.js';
import type { ExpectedKind } from './decode/decode-object.js';
import type { BodyLanguage } from './decode/read-body.js';
import { type UpdatePart, wholeObject } from './registry/update-object.js';
import { bodyLanguage } from './request/body-language.js';
import type { ApiResource } from './resources/api-resource.js';
import { badRequest, tooLarge } from './status/api-error.js';
import type { ObjectDraft } from './stored-object.js';
import { ephemeralContainersPart, resizePart } from './subresources/pod-parts.js';
import { finalizePart, statusPart } from './subresources/status.js';

/** The most that a body may weigh, bytes. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** The body as bytes in a language. @throws ApiError 413, 415 */
export const requestBody = (ctx: RequestContext): { readonly bytes: Uint8Array; readonly language: BodyLanguage | 'protobuf' } => {
  const language = bodyLanguage(headerOf(ctx.request, 'content-type'));
  if (ctx.request.bodyTooLarge === true) throw tooLarge(MAX_BODY_BYTES);
  return { bytes: ctx.request.body, language };
};

export const SCALE: ExpectedKind = { group: 'autoscaling', version: 'v1', kind: 'Scale', struct: 'Scale' };

/** The name and namespace of a body must be those of the path. @throws ApiError 400 */
export const checkNames = (draft: ObjectDraft, namespace: string, name: string): void => {
  const { metadata } = draft;
  if (!metadata.name) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (metadata.name !== name) throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  if (namespace !== '' && metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest(`the namespace of the object (${metadata.namespace}) does not match the namespace on the request (${namespace})`);
  }
};

/** The part of an object that a path with this subresource writes. */
export const partOf = (ctx: RequestContext, resource: ApiResource, subresource: string): UpdatePart => {
  switch (subresource) {
    case 'status':
      return statusPart(resource, ctx.nowText);
    case 'finalize':
      return finalizePart;
    case 'ephemeralcontainers':
      return ephemeralContainersPart({ ofStaticPods: ctx.parts.debugsStaticPods === true });
    case 'resize':
      return resizePart;
    default:
      return wholeObject(resource);
  }
};

/** Whoever makes an object by an update needs the right to create it too. @throws ApiError 403 */
export const authorizeCreate = (ctx: RequestContext, resource: ApiResource): void => {
  const { namespace, name } = ctx.info;
  authorize(ctx.parts.authorizer, {
    user: ctx.user,
    verb: 'create',
    isResource: true,
    path: ctx.info.path,
    group: resource.group,
    version: resource.version,
    resource: resource.plural,
    subresource: '',
    namespace,
    name,
  });
};
