import type { RequestContext } from '../context.js';
import type { WriteOptions } from '../request/query-options.js';
import type { ApiResource } from '../resources/api-resource.js';
import { ApiError, alreadyExists, badRequest, internal, invalid } from '../status/api-error.js';
import { objectKeyOf } from '../store/object-store.js';
import type { ObjectDraft, StoredObject } from '../stored-object.js';
import { admitNew, judgeNew } from './admission.js';
import { fillNewMetadata, generateName } from './prepare-metadata.js';
import { markUnsettled, showAsRead } from './read-again.js';
import { trackManagers } from './track-managers.js';
import { parseVersion } from './versions.js';
import { checkStoredSize, emptyStatus, finishDraft, keptObject, managerOf, qualifiedKind, qualifiedResource } from './write-object.js';

const MAX_NAME_TRIES = 8;

/** A namespace that an object names must be the request's. @throws ApiError 400 */
export const checkNamespace = ({ metadata }: ObjectDraft, namespace: string): void => {
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
};

/** Puts an object where its request says it belongs. @throws ApiError 400 */
export const placeInNamespace = (draft: ObjectDraft, resource: ApiResource, namespace: string): void => {
  if (!resource.namespaced) {
    delete draft.metadata.namespace;
    return;
  }
  checkNamespace(draft, namespace);
  draft.metadata.namespace = namespace;
};

/** Prepares and judges a new object as a strategy's BeforeCreate does. @throws ApiError */
const prepare = (ctx: RequestContext, resource: ApiResource, draft: ObjectDraft): void => {
  const rules = resource.rules!;
  const status = emptyStatus(resource);
  if (status !== undefined && resource.status !== undefined) draft.status = { ...status, ...resource.status.initial?.(draft, ctx.nowText) };
  const errors = rules.create(draft, ctx.warn);
  if (errors.length > 0) throw invalid(qualifiedKind(resource), draft.metadata.name ?? '', errors);
  for (const text of rules.warnings(draft)) ctx.warn(text);
};

/** The refusal of a name that was, or could have been, made from a prefix. */
const generatedNameTaken = (resource: ApiResource, name: string): ApiError => {
  const { status } = alreadyExists(qualifiedResource(resource), name);
  return new ApiError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${status.message}, the server was not able to generate a unique name for the object`,
    details: { ...status.details, retryAfterSeconds: 1 },
    headers: { 'Retry-After': '1' },
  });
};

/** Makes an object. The draft has its defaults, its namespace is the request's, and its managers are recorded if it is tracked. @throws ApiError */
export const createObject = (
  ctx: RequestContext,
  resource: ApiResource,
  draft: ObjectDraft,
  options: WriteOptions,
  isTracked = false,
): StoredObject => {
  const { store, newUid, random, authorizer } = ctx.parts;
  const { metadata } = draft;
  for (const name of ['deletionTimestamp', 'deletionGracePeriodSeconds'] as const) delete metadata[name];
  if (!isTracked) trackManagers(resource, undefined, draft, { manager: managerOf(ctx, options), subresource: '', nowText: ctx.nowText });
  const base = metadata.name ? '' : (metadata.generateName ?? '');
  if (base !== '') metadata.name = generateName(base, random);
  const given = metadata.resourceVersion;
  const owned = metadata.managedFields;
  fillNewMetadata(metadata, newUid(), ctx.nowText);
  const finish = admitNew(ctx, resource, draft, options);
  const refusal = authorizer.escalation(ctx.user, draft as unknown as StoredObject, undefined);
  if (refusal !== undefined) throw refusal;
  prepare(ctx, resource, draft);
  judgeNew(ctx, resource, draft, options);
  // Upstream keeps a claim in another form than it reads it in.
  const isSettled = !showAsRead(resource, draft) && draft.kind !== 'PersistentVolumeClaim';
  const made = finishDraft(resource, draft);
  for (let tries = 1; base !== '' && tries < MAX_NAME_TRIES; tries++) {
    if (store.get(resource.storedAs, objectKeyOf(metadata)) === undefined) break;
    metadata.name = generateName(base, random);
  }
  const key = objectKeyOf(metadata);
  const existing = store.get(resource.storedAs, key);
  if (existing !== undefined) {
    if (metadata.generateName) throw generatedNameTaken(resource, metadata.name ?? '');
    const prefix = existing.metadata.deletionTimestamp === undefined ? '' : 'object is being deleted: ';
    throw alreadyExists(qualifiedResource(resource), metadata.name ?? '', prefix);
  }
  if (owned !== undefined) metadata.managedFields = owned;
  if (options.dryRun) return ctx.rehearse({ type: 'put', bucket: resource.storedAs, key, object: keptObject(resource, made) });
  delete metadata.resourceVersion;
  // A version that cannot be read counts as none here.
  if ((parseVersion(given ?? '') ?? 0n) !== 0n) throw internal('resourceVersion should not be set on objects to be created');
  checkStoredSize(made);
  finish();
  const stored = store.put(resource.storedAs, key, keptObject(resource, made), ctx.request.nowMs);
  if (!isSettled) markUnsettled(stored);
  return stored;
};
