import { decodeProtobuf } from '@solo-kubelet/api-protobuf';
import { headerOf, type RequestContext } from '../context.js';
import { typeFields } from '../decode/decode-object.js';
import { decodeAs } from '../decode/decode-struct.js';
import { readBody } from '../decode/read-body.js';
import { nodeValue } from '../decode/value-node.js';
import type { DeleteOptions } from '../registry/delete-object.js';
import { jsonText } from '../respond/object-json.js';
import { serverSchema } from '../schema/server-schema.js';
import { badRequest, tooLarge } from '../status/api-error.js';
import { bodyLanguage } from './body-language.js';
import { readInt } from './query-options.js';
import { isOn } from './request-info.js';

const MAX_BODY_BYTES = 3 * 1024 * 1024;
const SCHEME = 'in scheme "pkg/apis/meta/internalversion/scheme/register.go:27"';

/** The options of a protobuf body as JSON. @throws ApiError 400 */
const protobufBody = (bytes: Uint8Array): Uint8Array => {
  const result = decodeProtobuf(bytes, { apiVersion: 'v1', kind: 'DeleteOptions' });
  if (!result.ok) throw badRequest(result.problem === 'malformed' ? 'unexpected EOF' : result.message);
  return new TextEncoder().encode(jsonText(result.object));
};

/** In which version options are read that do not say theirs. */
const META_VERSION = 'meta.k8s.io/v1';

const fromBody = (ctx: RequestContext): DeleteOptions => {
  const language = bodyLanguage(headerOf(ctx.request, 'content-type'));
  if (ctx.request.bodyTooLarge === true) throw tooLarge(MAX_BODY_BYTES);
  const tree = language === 'protobuf' ? readBody(protobufBody(ctx.request.body), 'json') : readBody(ctx.request.body, language);
  if (!tree.ok) throw badRequest(tree.message);
  const types = typeFields(tree.root);
  if ('problem' in types) throw badRequest(`couldn't get version/kind; json parse error: ${types.problem}`);
  const value = (nodeValue(tree.root) ?? {}) as { kind?: unknown; apiVersion?: unknown };
  const kind = typeof value.kind === 'string' && value.kind !== '' ? value.kind : 'DeleteOptions';
  const apiVersion = typeof value.apiVersion === 'string' && value.apiVersion !== '' ? value.apiVersion : META_VERSION;
  if (kind !== 'DeleteOptions')
    throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} ${SCHEME}`);
  const decoded = decodeAs(serverSchema.struct('DeleteOptions'), tree.root, language === 'protobuf' ? 'json' : language);
  if (!decoded.ok) throw badRequest(decoded.message);
  const {
    gracePeriodSeconds,
    preconditions,
    orphanDependents,
    propagationPolicy,
    dryRun = [],
  } = decoded.values as unknown as Partial<DeleteOptions>;
  return {
    dryRun,
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(preconditions !== undefined && { preconditions }),
    ...(orphanDependents !== undefined && { orphanDependents }),
    ...(propagationPolicy !== undefined && { propagationPolicy }),
  };
};

/** How to delete: what the body says, or the query if there is no body. @throws ApiError 400, 413, 415 */
export const readDeleteOptions = (ctx: RequestContext): DeleteOptions => {
  if (ctx.request.body.length > 0 || ctx.request.bodyTooLarge === true) return fromBody(ctx);
  const { query } = ctx;
  const grace = query.get('gracePeriodSeconds');
  const orphan = query.get('orphanDependents');
  const policy = query.get('propagationPolicy');
  const uid = query.get('uid');
  const resourceVersion = query.get('resourceVersion');
  return {
    dryRun: query.getAll('dryRun'),
    ...(grace !== null && { gracePeriodSeconds: readInt(grace) }),
    ...(orphan !== null && { orphanDependents: isOn(orphan) }),
    ...(policy !== null && { propagationPolicy: policy }),
    ...((uid !== null || resourceVersion !== null) && {
      preconditions: { ...(uid !== null && { uid }), ...(resourceVersion !== null && { resourceVersion }) },
    }),
  };
};
