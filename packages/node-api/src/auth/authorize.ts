import { HttpError } from '../server/http-error.js';
import { type Identity, type Role, roleAllows, roleOf } from './identity.js';

/** `AlwaysAllow`: whoever is authenticated may do anything (upstream's mode). `Roles`: by role; without a role, nothing.
 * `Webhook`: as an API server says. */
export type AuthorizationMode = 'AlwaysAllow' | 'Roles' | 'Webhook';

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
export const refuse = (mode: 'AlwaysAllow' | 'Roles', identity: Identity, method: string, needed: Needed): string | undefined => {
  if (mode === 'AlwaysAllow') return undefined;
  const role = roleOf(identity);
  return role !== undefined && roleAllows(role, needed.role) ? undefined : forbidden(identity, method, needed);
};

/** Whether somebody may do this with a subresource of the node. */
export type AccessReview = (identity: Identity, verb: string, subresource: string) => Promise<boolean>;

/** The same as an API server says: any of the subresources will do, in their order (pkg/kubelet/server/server.go InstallAuthFilter). */
export const refuseByReview = async (
  access: AccessReview,
  identity: Identity,
  method: string,
  needed: Needed,
): Promise<string | undefined> => {
  const verb = verbOf(method);
  for (const subresource of needed.subresources ?? ['proxy']) {
    const allowed = await access(identity, verb, subresource).catch(() => {
      throw new HttpError(500, `Authorization error (user=${identity.name}, verb=${verb}, resource=nodes, subresource=${subresource})`);
    });
    if (allowed) return undefined;
  }
  return forbidden(identity, method, needed);
};

const forbidden = ({ name }: Identity, method: string, { subresources = ['proxy'] }: Needed): string =>
  `Forbidden (user=${name}, verb=${verbOf(method)}, resource=nodes, subresource(s)=[${subresources.join(' ')}])\n`;

const verbOf = (method: string): string => (Object.hasOwn(VERBS, method) ? (VERBS[method] as string) : 'get');
