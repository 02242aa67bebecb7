import { type Identity, type Role, roleAllows, roleOf } from './identity.js';

/** `AlwaysAllow`: whoever is authenticated may do anything (upstream's mode). `Roles`: by role; without a role, nothing. */
export type AuthorizationMode = 'AlwaysAllow' | 'Roles';

/** What a request needs: a route's own fields, or those of a path that nobody serves. */
export interface Needed {
  readonly role: Role;
  readonly subresources?: readonly string[];
}

/** What a path or method that nobody serves needs: admin, so that a refusal tells nothing about what exists. */
export const UNSERVED: Needed = { role: 'admin' };

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Undefined when the request is allowed, else the text of the 403 answer. */
export const refuse = (mode: AuthorizationMode, identity: Identity, method: string, needed: Needed): string | undefined => {
  if (mode === 'AlwaysAllow') return undefined;
  const role = roleOf(identity);
  if (role !== undefined && roleAllows(role, needed.role)) return undefined;
  const subresources = needed.subresources ?? ['proxy'];
  const verb = Object.hasOwn(VERBS, method) ? VERBS[method] : 'get';
  return `Forbidden (user=${identity.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(' ')}])\n`;
};
