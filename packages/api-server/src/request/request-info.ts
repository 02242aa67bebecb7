/** What a path asks for (apiserver/pkg/endpoints/request.RequestInfo). */
export interface RequestInfo {
  readonly isResource: boolean;
  readonly verb: string;
  readonly path: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** The parts from the resource on. */
  readonly parts: readonly string[];
  /** The old way to ask for a watch or a proxy: `/api/v1/watch/…`. */
  readonly prefix: '' | 'watch' | 'proxy';
}

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
const NAMESPACE_SUBRESOURCES: ReadonlySet<string> = new Set(['status', 'finalize']);

/** Whether a query value switches something on: anything but `false` and `0`. */
export const isOn = (value: string | null | undefined): boolean =>
  value !== null && value !== undefined && value !== '0' && value.toLowerCase() !== 'false';

const plain = (path: string, verb: string): RequestInfo => ({
  isResource: false,
  verb,
  path,
  group: '',
  version: '',
  namespace: '',
  resource: '',
  subresource: '',
  name: '',
  parts: [],
  prefix: '',
});

/** The one name that a field selector asks for, if it does. */
const selectedName = (query: URLSearchParams): string => {
  const match = /(?:^|,)metadata\.name==?([^,=!\\]+)(?:,|$)/.exec(query.get('fieldSelector') ?? '');
  return match?.[1] ?? '';
};

export const readRequestInfo = (method: string, path: string, query: URLSearchParams): RequestInfo => {
  const parts = path.replace(/^\/+|(?<!\/)\/+$/g, '').split('/');
  const [prefix] = parts;
  const lower = method.toLowerCase();
  if ((prefix !== 'api' && prefix !== 'apis') || parts.length < (prefix === 'api' ? 3 : 4)) return plain(path, lower);
  const group = prefix === 'api' ? '' : parts[1]!;
  const version = prefix === 'api' ? parts[1]! : parts[2]!;
  let rest = parts.slice(prefix === 'api' ? 2 : 3);
  let verb = VERBS[method] ?? '';
  let prefixed: RequestInfo['prefix'] = '';
  if (rest[0] === 'watch' || rest[0] === 'proxy') {
    if (rest.length < 2) return plain(path, lower);
    verb = rest[0];
    prefixed = rest[0];
    rest = rest.slice(1);
  }
  let namespace = '';
  if (rest[0] === 'namespaces' && rest.length > 1) {
    namespace = rest[1]!;
    if (rest.length > 2 && !NAMESPACE_SUBRESOURCES.has(rest[2]!)) rest = rest.slice(2);
  }
  const [resource = '', name = '', subresource = ''] = rest;
  let found = name;
  if (name === '' && verb === 'get') {
    verb = isOn(query.get('watch')) ? 'watch' : 'list';
    found = selectedName(query);
  } else if (name === '' && verb === 'delete') {
    verb = 'deletecollection';
    found = selectedName(query);
  } else if (name === '' && verb === 'watch') found = selectedName(query);
  return { isResource: true, verb, path, group, version, namespace, resource, subresource, name: found, parts: rest, prefix: prefixed };
};
