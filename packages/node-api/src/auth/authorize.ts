import { type Identity, type Role, roleAllows, roleOf } from './identity.js';

/** `AlwaysAllow`: whoever is authenticated may do anything (upstream's mode). `Roles`: by role; without a role, nothing. */
export type AuthorizationMode = 'AlwaysAllow' | 'Roles';

/** The role a path needs. Paths that nobody serves need admin, so that a refusal tells nothing about what exists. */
export const requiredRole = (method: string, path: string): Role => {
  const first = path.split('/')[1] ?? '';
  if (['exec', 'attach', 'portForward', 'run'].includes(first)) return 'exec';
  if (READABLE.has(first) && (method === 'GET' || method === 'HEAD' || first === 'stats')) return 'read';
  return 'admin';
};

const READABLE: ReadonlySet<string> = new Set([
  'pods',
  'runningpods',
  'containerLogs',
  'stats',
  'metrics',
  'healthz',
  'livez',
  'configz',
  'events',
  'manifests',
  'node',
  'images',
  'statusz',
  'flagz',
]);

/** Subresources as upstream names them in refusals (pkg/kubelet/server/auth.go). */
const SUBRESOURCES: Readonly<Record<string, readonly string[]>> = {
  stats: ['stats'],
  metrics: ['metrics'],
  logs: ['log'],
  checkpoint: ['checkpoint'],
  pods: ['pods', 'proxy'],
  runningpods: ['pods', 'proxy'],
  healthz: ['healthz', 'proxy'],
  configz: ['configz', 'proxy'],
  statusz: ['statusz'],
  flagz: ['configz'],
};

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Undefined when the request is allowed, else the text of the 403 answer. */
export const refuse = (mode: AuthorizationMode, identity: Identity, method: string, path: string): string | undefined => {
  if (mode === 'AlwaysAllow') return undefined;
  const role = roleOf(identity);
  if (role !== undefined && roleAllows(role, requiredRole(method, path))) return undefined;
  const subresources = SUBRESOURCES[path.split('/')[1] ?? ''] ?? ['proxy'];
  return `Forbidden (user=${identity.name}, verb=${VERBS[method] ?? 'get'}, resource=nodes, subresource(s)=[${subresources.join(' ')}])\n`;
};
