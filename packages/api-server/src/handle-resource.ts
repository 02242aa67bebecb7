import { attributesOf, authorize } from './access/authorize.js';
import { answerReview } from './access/reviews.js';
import { headerOf, type RequestContext } from './context.js';
import { applyFieldValidation, decodeBody, type ExpectedKind, expectedOf } from './decode/decode-object.js';
import { decodeProtobuf } from './decode/protobuf.js';
import { handlePatch } from './handle-patch.js';
import { pageNotFound } from './handle-path.js';
import { checkNamespace, createObject, placeInNamespace } from './registry/create-object.js';
import { type DeleteOptions, deleteObject, validateDeleteOptions } from './registry/delete-object.js';
import { listObjects, tooLargeVersion } from './registry/list-objects.js';
import { dedupeOwners } from './registry/prepare-metadata.js';
import { checkFields } from './registry/select-objects.js';
import { updateObject, wholeObject } from './registry/update-object.js';
import { parseVersion, versionProblem } from './registry/versions.js';
import { managerOf, qualifiedResource } from './registry/write-object.js';
import { readDeleteOptions } from './request/delete-options.js';
import { checkAccepted, LIST_TYPES, negotiate, OBJECT_TYPES } from './request/media-types.js';
import { parseSelectors } from './request/parse-selectors.js';
import { readListOptions, readWriteOptions } from './request/query-options.js';
import { isOn } from './request/request-info.js';
import { wantsIndented } from './request/wants-indented.js';
import type { ApiResource, Subresource } from './resources/api-resource.js';
import { catalogOf } from './resources/resource-catalog.js';
import { findResource } from './resources/resource-table.js';
import { type ApiAnswer, type PlainAnswer, valueAnswer } from './respond/answer.js';
import { noDefinitions } from './respond/no-definitions.js';
import { listAnswer, objectAnswer } from './respond/object-answer.js';
import { badRequest, internal, methodNotAllowed, noSuchResource, notFound, noWatch, type Status, tooLarge } from './status/api-error.js';
import { objectKeyOf } from './store/object-store.js';
import type { ObjectDraft, StoredObject } from './stored-object.js';
import { bindPod } from './subresources/binding.js';
import { evictPod } from './subresources/eviction.js';
import { podLog, podStream, proxy } from './subresources/node-proxy.js';
import { scaleAnswer, scaledObject, trackScale } from './subresources/scale.js';
import { requestToken } from './subresources/token.js';
import { watchObjects } from './watch/watch-objects.js';
import { authorizeCreate, checkNames, MAX_BODY_BYTES, partOf, requestBody, SCALE } from './write-parts.js';

/** Reads and completes the object of a body. @throws ApiError 400 */
export const readObject = (
  ctx: RequestContext,
  expected: ExpectedKind,
  fillDefaults: (draft: ObjectDraft) => void,
  mode: 'Ignore' | 'Warn' | 'Strict',
): ObjectDraft => {
  const { bytes, language } = requestBody(ctx);
  const { featureGates: gates } = ctx.parts;
  const decoded = language === 'protobuf' ? decodeProtobuf(bytes, expected, gates) : decodeBody(bytes, language, expected, gates);
  applyFieldValidation(decoded, mode, expected.kind, ctx.warn);
  fillDefaults(decoded.draft);
  return decoded.draft;
};

const readWhole = (ctx: RequestContext, resource: ApiResource, mode: 'Ignore' | 'Warn' | 'Strict'): ObjectDraft => {
  const draft = readObject(ctx, expectedOf(resource), resource.rules?.fillDefaults ?? (() => {}), mode);
  const problem = resource.rules?.conversionError?.(draft);
  if (problem !== undefined)
    throw badRequest(`${draft.kind} in version ${JSON.stringify(resource.version)} cannot be handled as a ${resource.kind}: ${problem}`);
  return draft;
};

const noDefaults = (): void => {};

const create = (ctx: RequestContext, resource: ApiResource): PlainAnswer => {
  const { namespace } = ctx.info;
  if (resource.rules === undefined) return createReview(ctx, resource);
  requestBody(ctx);
  const options = readWriteOptions(ctx.query, 'CreateOptions');
  const draft = readWhole(ctx, resource, options.fieldValidation);
  placeInNamespace(draft, resource, namespace);
  dedupeOwners(draft.metadata, ctx.warn);
  return objectAnswer(ctx, resource, createObject(ctx, resource, draft, options), 201);
};

const createReview = (ctx: RequestContext, resource: ApiResource): PlainAnswer => {
  const { namespace } = ctx.info;
  requestBody(ctx);
  const options = readWriteOptions(ctx.query, 'CreateOptions');
  const draft = readObject(ctx, expectedOf(resource), noDefaults, options.fieldValidation);
  if (resource.kind === 'Binding') {
    const pods = findResource('', 'v1', 'pods')!;
    return valueAnswer(201, ctx.output, bindPod(ctx, pods, namespace, draft.metadata.name ?? '', draft, options.dryRun));
  }
  return objectAnswer(ctx, resource, answerReview(ctx, draft, namespace), 201);
};

const update = (ctx: RequestContext, resource: ApiResource): PlainAnswer => {
  const { namespace, name, subresource } = ctx.info;
  // What the body is written in counts after the options.
  if (ctx.request.bodyTooLarge === true) throw tooLarge(MAX_BODY_BYTES);
  const options = readWriteOptions(ctx.query, 'UpdateOptions');
  if (subresource === 'scale') return updateScale(ctx, resource, options);
  const draft = readWhole(ctx, resource, options.fieldValidation);
  placeInNamespace(draft, resource, namespace);
  checkNames(draft, namespace, name);
  dedupeOwners(draft.metadata, ctx.warn);
  const result = updateObject(ctx, resource, {
    namespace,
    name,
    part: partOf(ctx, resource, subresource),
    options,
    make: () => draft,
    checksIdentity: true,
    // A status is written by the strategy of its kind, which may let an update make the object.
    mayCreate: resource.createsOnUpdate && (subresource === '' || subresource === 'status'),
    beforeCreate: () => authorizeCreate(ctx, resource),
  });
  return objectAnswer(ctx, resource, result.object, result.created ? 201 : 200);
};

const updateScale = (ctx: RequestContext, resource: ApiResource, options: ReturnType<typeof readWriteOptions>): PlainAnswer => {
  const { namespace, name } = ctx.info;
  const scale = readObject(ctx, SCALE, noDefaults, options.fieldValidation);
  checkNamespace(scale, namespace);
  checkNames(scale, namespace, name);
  const part = { ...wholeObject(resource), subresource: 'scale' };
  const { object } = updateObject(ctx, resource, {
    namespace,
    name,
    part,
    options,
    make: (old) => {
      const draft = scaledObject(resource, old!, scale);
      trackScale(old!, scale, draft, { manager: managerOf(ctx, options), subresource: 'scale', nowText: ctx.nowText });
      return draft;
    },
    mayCreate: false,
    isTracked: true,
    checksIdentity: true,
  });
  return scaleAnswer(ctx, object);
};

const found = (resource: ApiResource, stored: StoredObject | undefined, name: string): StoredObject => {
  if (stored === undefined) throw notFound(qualifiedResource(resource), name);
  return stored;
};

const get = (ctx: RequestContext, resource: ApiResource): ApiAnswer => {
  const { namespace, name, subresource } = ctx.info;
  const { store } = ctx.parts;
  const text = ctx.query.get('resourceVersion') ?? '';
  if (text !== '') {
    const version = parseVersion(text);
    if (version === undefined) throw internal(`resourceVersion: Invalid value: ${JSON.stringify(text)}: ${versionProblem(text)}`);
    if (version > BigInt(store.version)) throw tooLargeVersion(version, store.version);
  }
  const key = resource.namespaced ? `${namespace}/${name}` : name;
  const object = found(resource, store.get(resource.storedAs, key), name);
  return subresource === 'scale' ? scaleAnswer(ctx, object) : objectAnswer(ctx, resource, object);
};

const warnOfOrphans = (ctx: RequestContext, { kind }: ApiResource, { propagationPolicy, orphanDependents }: DeleteOptions): void => {
  if (kind !== 'Job' || propagationPolicy !== undefined || orphanDependents !== undefined) return;
  ctx.warn(
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  );
};

const remove = (ctx: RequestContext, resource: ApiResource): PlainAnswer => {
  const { namespace, name } = ctx.info;
  const options = readDeleteOptions(ctx);
  validateDeleteOptions(options);
  warnOfOrphans(ctx, resource, options);
  const { answer, gone } = deleteObject(ctx, resource, { namespace, name }, options);
  const code = !gone && options.orphanDependents === false ? 202 : 200;
  return 'kind' in answer && answer.kind === 'Status'
    ? valueAnswer(code, ctx.output, answer as Status)
    : objectAnswer(ctx, resource, answer as StoredObject, code);
};

/** How many objects upstream reads at once where nobody says a limit: with one a version means exactly that. */
const COLLECTION_PAGE = 10_000;

const removeCollection = (ctx: RequestContext, resource: ApiResource): PlainAnswer => {
  const { namespace } = ctx.info;
  const listOptions = readListOptions(ctx.query, false);
  checkFields(resource, parseSelectors(listOptions.labelSelector, listOptions.fieldSelector).terms);
  const options = readDeleteOptions(ctx);
  validateDeleteOptions(options);
  warnOfOrphans(ctx, resource, options);
  const limit = listOptions.limit === 0 ? COLLECTION_PAGE : listOptions.limit;
  const list = listObjects(ctx, { resource, namespace, options: { ...listOptions, limit } });
  for (const { metadata } of list.items) {
    // A list of an earlier version has what is gone since.
    if (ctx.parts.store.get(resource.storedAs, objectKeyOf(metadata)) === undefined) continue;
    deleteObject(ctx, resource, { namespace: metadata.namespace ?? '', name: metadata.name ?? '' }, options);
  }
  return listAnswer(ctx, resource, list);
};

const later = (ctx: RequestContext, answer: (nowMs: number) => PlainAnswer, wanted: bigint): ApiAnswer => ({
  type: 'later',
  delayMs: 3_000,
  finish: answer,
  isReady: () => BigInt(ctx.parts.store.version) >= wanted,
});

const list = (ctx: RequestContext, resource: ApiResource): ApiAnswer => {
  const { namespace } = ctx.info;
  const options = readListOptions(ctx.query, false);
  const answer = (): PlainAnswer => listAnswer(ctx, resource, listObjects(ctx, { resource, namespace, options }));
  const wanted = parseVersion(options.resourceVersion);
  if (wanted !== undefined && wanted > BigInt(ctx.parts.store.version) && options.continue === '') return later(ctx, answer, wanted);
  return answer();
};

/** Whether what is asked for can be had as a stream is looked at last. */
const watch = (ctx: RequestContext, resource: ApiResource): ApiAnswer => {
  const listed = withOutput(ctx, true);
  const request = { resource, namespace: ctx.info.namespace, options: readListOptions(ctx.query, true) };
  watchObjects(listed, request);
  return watchObjects(withOutput(ctx, true, true), request);
};

/** `/api/v1/watch/…`, the form of before watches were lists. @throws ApiError */
const prefixedWatch = (ctx: RequestContext, resource: ApiResource, name: string): ApiAnswer => {
  if (ctx.request.method !== 'GET') throw methodNotAllowed();
  const query = new URLSearchParams(ctx.query);
  if (name !== '') query.set('fieldSelector', `metadata.name=${name}`);
  return watch({ ...ctx, query }, resource);
};

const createSubresource = (ctx: RequestContext, resource: ApiResource, sub: Subresource): PlainAnswer => {
  const { namespace, name } = ctx.info;
  requestBody(ctx);
  const options = readWriteOptions(ctx.query, 'CreateOptions');
  const expected = (group: string, kind: string): ExpectedKind => ({ group, version: 'v1', kind, struct: kind });
  switch (sub.name) {
    case 'binding': {
      const binding = readObject(ctx, expected('', 'Binding'), noDefaults, options.fieldValidation);
      if (binding.metadata.name !== name) throw badRequest('name in URL does not match name in Binding object');
      return valueAnswer(201, ctx.output, bindPod(ctx, resource, namespace, name, binding, options.dryRun));
    }
    case 'eviction': {
      // kubectl before 1.22 sends the older one (EvictionREST.AcceptsGroupVersion).
      const kind = { ...expected('policy', 'Eviction'), formerVersions: ['v1beta1'] };
      const eviction = readObject(ctx, kind, noDefaults, options.fieldValidation);
      checkEvictionNames(eviction, namespace, name);
      const given = (eviction['deleteOptions'] ?? {}) as Partial<DeleteOptions>;
      const dryRun = options.dryRun ? ['All'] : (given.dryRun ?? []);
      return valueAnswer(201, ctx.output, evictPod(ctx, resource, namespace, name, { ...given, dryRun }));
    }
    default: {
      const draft = readObject(ctx, expected('authentication.k8s.io', 'TokenRequest'), noDefaults, options.fieldValidation);
      return valueAnswer(201, ctx.output, requestToken(ctx, { namespace, name, draft, manager: managerOf(ctx, options) }));
    }
  }
};

const checkEvictionNames = ({ metadata }: ObjectDraft, namespace: string, name: string): void => {
  checkNamespace({ metadata } as ObjectDraft, namespace);
  if (metadata.name !== name) throw badRequest('name in URL does not match name in Eviction object');
};

const DEPRECATED: Readonly<Record<string, string>> = {
  ComponentStatus: 'v1 ComponentStatus is deprecated in v1.19+',
  Endpoints: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
};
const COLLECTION_METHODS = ['GET', 'POST', 'DELETE'];
const OBJECT_METHODS = ['GET', 'PUT', 'PATCH', 'DELETE'];
const NODE_STREAMS: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward']);

const METHODS: Readonly<Record<string, string>> = { GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

const subresourceAnswer = (ctx: RequestContext, resource: ApiResource, sub: Subresource): ApiAnswer => {
  const verb = METHODS[ctx.request.method] ?? '';
  if (!sub.verbs.includes(verb)) throw methodNotAllowed();
  if (sub.name === 'proxy') return proxy(ctx);
  if (NODE_STREAMS.has(sub.name)) {
    // A WebSocket begins with a GET, and what it does is no reading (AuthorizePodWebsocketUpgradeCreatePermission).
    authorize(ctx.parts.authorizer, { ...attributesOf(ctx.user, ctx.info), verb: 'create' });
    return podStream(ctx);
  }
  if (sub.name === 'log') return podLog(ctx);
  // A patch of an unknown form is refused before the form of the answer is looked at.
  if (verb === 'patch') return handlePatch(ctx, resource, (each) => withOutput(each, false));
  const formed = withOutput(ctx, false);
  if (verb === 'create') return createSubresource(formed, resource, sub);
  if (verb === 'get') return get(formed, resource);
  return update(formed, resource);
};

/** Negotiates the form of the answer. @throws ApiError 406 */
const withOutput = (ctx: RequestContext, isList: boolean, stream = false, withoutTables = false): RequestContext => {
  const accept = headerOf(ctx.request, 'accept');
  checkAccepted(accept, isList ? LIST_TYPES : OBJECT_TYPES);
  const output = negotiate(accept, { transforms: true, stream, withoutTables });
  const pretty = output.pretty || wantsIndented(ctx.query, headerOf(ctx.request, 'user-agent'));
  return { ...ctx, output: { ...output, pretty } };
};

/** Two slashes in a row are no path, but for a namespace that is left out. */
const isOddPath = (path: string): boolean => path.replace('/namespaces//', '/').includes('//');

/** Answers what a path below a group version asks for. */
export const handleResource = (given: RequestContext): ApiAnswer => {
  const { group, version, parts, namespace, subresource, path, prefix } = given.info;
  const catalog = catalogOf(given.parts);
  if (path.startsWith('//')) return pageNotFound();
  if (!catalog.hasGroupVersion(group, version)) {
    const none = noDefinitions(given);
    if (none !== undefined) return none;
    if (catalog.hasGroup(group)) throw noSuchResource();
    return pageNotFound();
  }
  const { method } = given.request;
  const resource = catalog.find(group, version, given.info.resource);
  if (resource === undefined || isOddPath(path) || prefix === 'proxy') throw noSuchResource();
  const trimmed = parts.filter((part, i) => part !== '' || i < parts.length - 1);
  if (trimmed.length > 3 && subresource !== 'proxy') throw noSuchResource();
  const isNamespacedPath = namespace !== '' && resource.plural !== 'namespaces';
  const ctx = resource.namespaced ? given : { ...given, info: { ...given.info, namespace: '' } };
  if (!resource.namespaced && isNamespacedPath) throw noSuchResource();
  const name = trimmed[1] ?? '';
  const methods = name === '' ? COLLECTION_METHODS : OBJECT_METHODS;
  const answered = resource.verbs.includes('create') ? methods : ['GET'];
  const deprecated = resource.group === '' ? DEPRECATED[resource.kind] : undefined;
  if (deprecated !== undefined && subresource === '' && answered.includes(method)) given.warn(deprecated);
  if (resource.namespaced && !isNamespacedPath && (name !== '' || subresource !== '')) throw noSuchResource();
  if (prefix === 'watch') {
    // A right to a part of an object, such as its status or its log, is none to the whole of it.
    if (subresource !== '') throw noSuchResource();
    return prefixedWatch(ctx, resource, name);
  }
  if (subresource !== '') {
    const sub = resource.subresources.find((each) => each.name === subresource);
    if (sub === undefined) throw noSuchResource();
    return subresourceAnswer(ctx, resource, sub);
  }
  if (name === '') return collection(ctx, resource, method, resource.namespaced && !isNamespacedPath);
  switch (method) {
    case 'GET':
      if (!resource.verbs.includes('get')) throw resource.rules === undefined ? noSuchResource() : methodNotAllowed();
      return get(withOutput(ctx, false), resource);
    case 'PUT':
      checkVerb(resource, 'update');
      return update(withOutput(ctx, false), resource);
    case 'PATCH':
      checkVerb(resource, 'patch');
      return handlePatch(ctx, resource, (each) => withOutput(each, false));
    case 'DELETE':
      checkVerb(resource, 'delete');
      return remove(withOutput(ctx, false), resource);
    default:
      throw resource.rules === undefined ? noSuchResource() : methodNotAllowed();
  }
};

/** @throws ApiError 404 for what keeps nothing, 405 for what is not served of a resource */
const checkVerb = ({ rules, verbs }: ApiResource, verb: string): void => {
  if (rules === undefined) throw noSuchResource();
  if (!verbs.includes(verb)) throw methodNotAllowed();
};

const collection = (ctx: RequestContext, resource: ApiResource, method: string, everywhere: boolean): ApiAnswer => {
  switch (method) {
    case 'GET':
      if (!resource.verbs.includes('list')) throw methodNotAllowed();
      if (isOn(ctx.query.get('watch')) && !resource.verbs.includes('watch')) throw noWatch(resource.plural);
      return isOn(ctx.query.get('watch')) ? watch(ctx, resource) : list(withOutput(ctx, true), resource);
    case 'POST':
      if (everywhere || !resource.verbs.includes('create')) throw methodNotAllowed();
      return create(withOutput(ctx, false, false, resource.rules === undefined), resource);
    case 'DELETE':
      if (everywhere || !resource.verbs.includes('deletecollection')) throw methodNotAllowed();
      return removeCollection(withOutput(ctx, false), resource);
    default:
      throw methodNotAllowed();
  }
};
