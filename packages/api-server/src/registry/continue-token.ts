import { readBody } from '../decode/read-body.js';
import { nodeValue } from '../decode/value-node.js';
import { badRequest } from '../status/api-error.js';

const TOKEN_VERSION = 'meta.k8s.io/v1';
const GO_FIELDS = { v: 'string', rv: 'int64', start: 'string' } as const;

/** Where a list goes on. */
export interface ContinueToken {
  /** Of the list that it goes on with; below 0: of whatever there is then. */
  readonly version: number;
  /** The key to begin with, below the prefix of the list. */
  readonly start: string;
}

export const writeToken = ({ version, start }: ContinueToken): string =>
  Buffer.from(JSON.stringify({ v: TOKEN_VERSION, rv: version, start })).toString('base64url');

const goKind = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value);

/** What Go's JSON would not put into a field of a token; undefined if it takes the value. */
const fieldProblem = (name: keyof typeof GO_FIELDS, value: unknown): string | undefined => {
  const type = GO_FIELDS[name];
  if (value === undefined || value === null) return undefined;
  if (type === 'int64' ? typeof value === 'bigint' || Number.isInteger(value) : typeof value === 'string') return undefined;
  const kind = type === 'int64' && typeof value === 'number' ? `number ${value}` : goKind(value);
  return `json: cannot unmarshal ${kind} into Go struct field continueToken.${name} of type ${type}`;
};

/** As path.Clean would leave it, below the root. */
const isClean = (key: string): boolean =>
  key
    .replace(/^\//, '')
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..');

/** @throws ApiError 400 in Go's words */
export const readToken = (text: string): ContinueToken => {
  const fail = (why: string): never => {
    throw badRequest(`invalid continue token: continue key is not valid: ${why}`);
  };
  const bad = text.search(/[^A-Za-z0-9_-]/);
  if (bad !== -1 || text.length % 4 === 1)
    return fail(`illegal base64 data at input byte ${bad !== -1 ? bad : text.length - (text.length % 4)}`);
  const tree = readBody(Buffer.from(text, 'base64url'), 'json');
  if (!tree.ok) return fail(tree.message.replace("couldn't get version/kind; json parse error: ", ''));
  const value = nodeValue(tree.root) ?? {};
  if (typeof value !== 'object' || Array.isArray(value))
    return fail(`json: cannot unmarshal ${goKind(value)} into Go value of type storage.continueToken`);
  const fields = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(fields).filter((name): name is keyof typeof GO_FIELDS => name in GO_FIELDS);
  const problem = names.map((name) => fieldProblem(name, fields[name])).find((each) => each !== undefined);
  if (problem !== undefined) return fail(problem);
  const { v, rv, start } = fields;
  if (v !== TOKEN_VERSION) return fail(`server does not recognize this encoded version ${v ?? ''}`);
  if (!rv) return fail('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof start !== 'string' || start === '') return fail('encoded start key empty (version meta.k8s.io/v1)');
  if (!isClean(start)) return fail(start);
  return { version: Number(rv), start: start.replace(/^\//, '') };
};
