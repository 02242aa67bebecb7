import type { RequestContext } from '../context.js';
import type { ListOptions } from '../request/query-options.js';
import type { ApiResource } from '../resources/api-resource.js';
import { ApiError, badRequest, expired } from '../status/api-error.js';
import { objectKeyOf } from '../store/object-store.js';
import type { StoredObject } from '../stored-object.js';
import { readToken, writeToken } from './continue-token.js';
import { readSelection, type Selection } from './select-objects.js';
import { parseVersion, versionProblem } from './versions.js';

export interface ListAnswer {
  readonly items: readonly StoredObject[];
  readonly version: number;
  readonly continue?: string;
  readonly remaining?: number;
}

/** The words of the watch cache for a version that is not there yet. */
export const tooLargeVersion = (wanted: bigint, current: number): ApiError => {
  const message = `Too large resource version: ${wanted}, current: ${current}`;
  return new ApiError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: ${message}`,
    details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
    headers: { 'Retry-After': '1' },
  });
};

const TOO_OLD_LIST = 'The resourceVersion for the provided list is too old.';
const TOO_OLD_TOKEN =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/** At which version a list is wanted: `latest`, or exactly one. */
const versionWanted = (options: ListOptions, current: number): { readonly exact?: number; readonly atLeast?: bigint } => {
  const { resourceVersion, resourceVersionMatch: match, limit } = options;
  if (resourceVersion === '') return {};
  const version = parseVersion(resourceVersion);
  if (version === undefined) {
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(resourceVersion)}: ${versionProblem(resourceVersion)}`,
    );
  }
  if (version === 0n) return {};
  if (version > BigInt(current)) return { atLeast: version };
  const isExact = match === 'Exact' || (match === '' && limit > 0);
  return isExact ? { exact: Number(version) } : {};
};

export interface Listed {
  readonly resource: ApiResource;
  readonly namespace: string;
  readonly options: ListOptions;
  /** A single name that the path or the selector asks for. */
  readonly selection?: Selection;
}

/** Objects of a resource by key, all or a page of them. A version of the future is thrown as 504; the caller may wait for it first. @throws ApiError */
export const listObjects = (ctx: RequestContext, { resource, namespace, options }: Listed): ListAnswer => {
  const { store } = ctx.parts;
  const selection = readSelection(resource, options.labelSelector, options.fieldSelector);
  const prefix = resource.namespaced && namespace !== '' ? `${namespace}/` : '';
  // One object is looked up by its name, and has no pages.
  const isOne = selection.name !== undefined && options.continue === '' && (!resource.namespaced || namespace !== '');
  const page = (all: readonly StoredObject[], version: number, start: string): ListAnswer =>
    paged(all, { version, start, prefix, selection, limit: isOne ? 0 : options.limit });
  if (options.continue !== '') {
    const token = readToken(options.continue);
    if (options.resourceVersion !== '' && options.resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    // A list at any version is answered whole from what is at hand.
    if (options.resourceVersion === '0')
      return {
        ...paged(store.list(resource.storedAs, prefix), { version: store.version, start: token.start, prefix, selection, limit: 0 }),
      };
    if (token.version < 0) return page(store.list(resource.storedAs, prefix), store.version, token.start);
    const then = store.listAt(resource.storedAs, prefix, token.version);
    if (then === undefined) throw expired(TOO_OLD_TOKEN, { continue: writeToken({ version: -1, start: token.start }) });
    return page(then, token.version, token.start);
  }
  const { exact, atLeast } = versionWanted(options, store.version);
  if (atLeast !== undefined) throw tooLargeVersion(atLeast, store.version);
  // A list at any version is answered whole.
  if (options.resourceVersion === '0')
    return paged(store.list(resource.storedAs, prefix), { version: store.version, start: '', prefix, selection, limit: 0 });
  if (exact === undefined) return page(store.list(resource.storedAs, prefix), store.version, '');
  const then = store.listAt(resource.storedAs, prefix, exact);
  if (then === undefined) throw expired(TOO_OLD_LIST);
  return page(then, exact, '');
};

const paged = (
  all: readonly StoredObject[],
  { version, start, prefix, selection, limit }: { version: number; start: string; prefix: string; selection: Selection; limit: number },
): ListAnswer => {
  const from = start === '' ? 0 : firstFrom(all, `${prefix}${start}`);
  if (limit <= 0 && from === 0 && selection.isEverything) return { items: all, version };
  const items: StoredObject[] = [];
  let at = from;
  for (; at < all.length && (limit <= 0 || items.length < limit); at++) {
    const object = all[at]!;
    if (selection.matches(object)) items.push(object);
  }
  if (at >= all.length) return { items, version };
  const last = objectKeyOf(all[at - 1]!.metadata).slice(prefix.length);
  const next = writeToken({ version, start: `${last}\u0000` });
  return { items, version, continue: next, ...(selection.isEverything && { remaining: all.length - at }) };
};

const firstFrom = (all: readonly StoredObject[], key: string): number => {
  const at = all.findIndex(({ metadata }) => objectKeyOf(metadata) >= key);
  return at === -1 ? all.length : at;
};
