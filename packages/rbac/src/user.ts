/** Who asks, as authentication found out. */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Members may do everything, whatever the roles say. */
export const SYSTEM_MASTERS = 'system:masters';
export const SYSTEM_AUTHENTICATED = 'system:authenticated';
export const SYSTEM_UNAUTHENTICATED = 'system:unauthenticated';
export const ANONYMOUS_USERNAME = 'system:anonymous';

export const ANONYMOUS_USER: UserInfo = { username: ANONYMOUS_USERNAME, groups: [SYSTEM_UNAUTHENTICATED] };

/** A user as an authenticator names it, in the group of all who are known. */
export const authenticatedUser = (user: UserInfo): UserInfo =>
  user.groups.includes(SYSTEM_AUTHENTICATED) ? user : { ...user, groups: [...user.groups, SYSTEM_AUTHENTICATED] };

const SERVICE_ACCOUNT_PREFIX = 'system:serviceaccount:';

export const serviceAccountUsername = (namespace: string, name: string): string => `${SERVICE_ACCOUNT_PREFIX}${namespace}:${name}`;

/** The groups that every service account of a namespace is in, besides `system:authenticated`. */
export const serviceAccountGroups = (namespace: string): readonly string[] => [
  'system:serviceaccounts',
  `system:serviceaccounts:${namespace}`,
];

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const isDnsLabel = (text: string): boolean => text.length <= 63 && DNS_LABEL.test(text);
const isDnsSubdomain = (text: string): boolean => text.length <= 253 && DNS_SUBDOMAIN.test(text);

/** Namespace and name behind `system:serviceaccount:NAMESPACE:NAME`; undefined for any other user name. */
export const splitServiceAccountUsername = (username: string): { namespace: string; name: string } | undefined => {
  if (!username.startsWith(SERVICE_ACCOUNT_PREFIX)) return undefined;
  const parts = username.slice(SERVICE_ACCOUNT_PREFIX.length).split(':');
  const [namespace = '', name = ''] = parts;
  return parts.length === 2 && isDnsLabel(namespace) && isDnsSubdomain(name) ? { namespace, name } : undefined;
};

const NODE_PREFIX = 'system:node:';

/** The node behind `system:node:NAME`; undefined for any other user name. */
export const nodeOfUsername = (username: string): string | undefined => {
  if (!username.startsWith(NODE_PREFIX)) return undefined;
  const name = username.slice(NODE_PREFIX.length);
  return isDnsSubdomain(name) ? name : undefined;
};
