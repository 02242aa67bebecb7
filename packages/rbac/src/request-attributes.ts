import { parseFieldSelector } from '@solo-kubelet/selectors';

/** A request for objects. Verbs are get, list, watch, create, update, patch, delete, deletecollection, and any other word a rule may name. */
export interface ResourceAttributes {
  readonly type: 'resource';
  readonly verb: string;
  /** `''` for the core group. */
  readonly apiGroup: string;
  readonly apiVersion?: string;
  readonly resource: string;
  /** `''` for the object itself. */
  readonly subresource: string;
  /** `''` for a collection, and for a creation. */
  readonly name: string;
  /** `''` for the whole cluster. */
  readonly namespace: string;
}

/** A request for a path that is no resource: `/healthz`, `/apis`. */
export interface PathAttributes {
  readonly type: 'path';
  /** The HTTP method in lower case. */
  readonly verb: string;
  readonly path: string;
}

export type RequestAttributes = ResourceAttributes | PathAttributes;

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
const PATH_VERBS = ['proxy', 'watch'];
/** What follows a namespace's name without being a resource in it. */
const NAMESPACE_SUBRESOURCES = ['status', 'finalize'];

export interface RequestLine {
  /** In capitals. */
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** What an HTTP request is about, as authorization sees it (RequestInfo of the API server). undefined: a `/watch` or `/proxy` path without a resource. */
export const requestAttributesOf = ({ method, path, query }: RequestLine): RequestAttributes | undefined => {
  const elsewhere: PathAttributes = { type: 'path', verb: method.toLowerCase(), path };
  const parts = path.replace(/^\/+|(?<!\/)\/+$/g, '').split('/');
  const [prefix] = parts;
  const start = prefix === 'api' ? 1 : 2;
  if ((prefix !== 'api' && prefix !== 'apis') || parts.length < start + 2) return elsewhere;
  const apiGroup = prefix === 'api' ? '' : parts[1]!;
  const apiVersion = parts[start]!;
  let rest = parts.slice(start + 1);
  const pathVerb = PATH_VERBS.find((verb) => verb === rest[0]);
  if (pathVerb !== undefined) {
    if (rest.length < 2) return undefined;
    rest = rest.slice(1);
  }
  const isInNamespaces = rest[0] === 'namespaces' && rest.length > 1;
  const namespace = isInNamespaces ? rest[1]! : '';
  if (isInNamespaces && rest.length > 2 && !NAMESPACE_SUBRESOURCES.includes(rest[2]!)) rest = rest.slice(2);
  const [resource = '', name = '', subresource = ''] = rest;
  const verb = pathVerb ?? (Object.hasOwn(VERBS, method) ? VERBS[method]! : '');
  const isProxy = verb === 'proxy';
  const attributes: ResourceAttributes = {
    type: 'resource',
    verb,
    apiGroup,
    apiVersion,
    resource,
    subresource: isProxy ? '' : subresource,
    name,
    namespace,
  };
  return name === '' ? collectionAttributes(attributes, query) : attributes;
};

/** A GET of a collection is a list or a watch, a DELETE a deletecollection; a field selector may name the one object it is for. */
const collectionAttributes = (attributes: ResourceAttributes, query: URLSearchParams): ResourceAttributes => {
  if (attributes.verb === 'delete') return { ...attributes, verb: 'deletecollection' };
  if (attributes.verb !== 'get') return attributes;
  return { ...attributes, verb: isWatch(query.get('watch')) ? 'watch' : 'list', name: selectedName(query.get('fieldSelector') ?? '') };
};

/** Any value but `false` and `0` asks for a watch, an empty one too. */
const isWatch = (value: string | null): boolean => value !== null && value.toLowerCase() !== 'false' && value !== '0';

const selectedName = (fieldSelector: string): string => {
  const selector = parseFieldSelector(fieldSelector);
  const term = selector.ok ? selector.terms.find(({ field, operator }) => field === 'metadata.name' && operator !== '!=') : undefined;
  return term !== undefined && isPathSegment(term.value) ? term.value : '';
};

const isPathSegment = (name: string): boolean => name !== '.' && name !== '..' && !/[/%]/.test(name);
