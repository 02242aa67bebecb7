import type { Authorizer } from './authorizer.js';
import { type ForbiddenStatus, forbiddenStatus } from './forbidden.js';
import type { WantedUser } from './impersonation-headers.js';
import { quotedList } from './quoted-list.js';
import type { RequestAttributes, ResourceAttributes } from './request-attributes.js';
import {
  ANONYMOUS_USERNAME,
  nodeOfUsername,
  SYSTEM_AUTHENTICATED,
  SYSTEM_MASTERS,
  SYSTEM_UNAUTHENTICATED,
  serviceAccountGroups,
  splitServiceAccountUsername,
  type UserInfo,
} from './user.js';

/** Ways to become somebody else, in the order they are tried. All but `legacy` ask for a right on the request, too (KEP 5284). */
export type ImpersonationMode = 'associated-node' | 'arbitrary-node' | 'serviceaccount' | 'user-info' | 'legacy';
const MODES: readonly ImpersonationMode[] = ['associated-node', 'arbitrary-node', 'serviceaccount', 'user-info', 'legacy'];

export type ImpersonationResult =
  | { readonly type: 'allowed'; readonly user: UserInfo; readonly mode: ImpersonationMode }
  | { readonly type: 'forbidden'; readonly status: ForbiddenStatus };

export interface ImpersonationRequest {
  readonly requestor: UserInfo;
  readonly wanted: WantedUser;
  /** What the requestor wants to do as that user. */
  readonly request: RequestAttributes;
  /** The mode that last worked for this requestor: it is tried first, and a refusal is in its words. */
  readonly lastMode?: ImpersonationMode;
}

/** Whether somebody may be another user for a request. A refusal is that of the first mode that applies. */
export const impersonate = (authorizer: Authorizer, asked: ImpersonationRequest): ImpersonationResult => {
  const { requestor, wanted, request, lastMode } = asked;
  let refusal: ForbiddenStatus | undefined;
  for (const mode of lastMode === undefined ? MODES : [lastMode, ...MODES.filter((other) => other !== lastMode)]) {
    if (!applies(mode, wanted, requestor)) continue;
    const refused = refusalOf(authorizer, { requestor, wanted, request, mode });
    if (refused === undefined) return { type: 'allowed', user: impersonatedUser(wanted, mode), mode };
    refusal ??= refused;
  }
  // The last mode applies to everybody, so there is one.
  return { type: 'forbidden', status: refusal! };
};

const NODE_NAME_KEY = 'authentication.kubernetes.io/node-name';

const applies = (mode: ImpersonationMode, wanted: WantedUser, requestor: UserInfo): boolean => {
  const onlyName = wanted.uid === '' && wanted.groups.length === 0 && Object.keys(wanted.extra).length === 0;
  const node = nodeOfUsername(wanted.username);
  const isServiceAccount = splitServiceAccountUsername(wanted.username) !== undefined;
  switch (mode) {
    case 'associated-node': {
      const own = requestor.extra !== undefined && Object.hasOwn(requestor.extra, NODE_NAME_KEY) ? requestor.extra[NODE_NAME_KEY]! : [];
      return (
        onlyName &&
        node !== undefined &&
        splitServiceAccountUsername(requestor.username) !== undefined &&
        own.length === 1 &&
        own[0] === node
      );
    }
    case 'arbitrary-node':
      return onlyName && node !== undefined;
    case 'serviceaccount':
      return onlyName && isServiceAccount;
    case 'user-info':
      return node === undefined && !isServiceAccount;
    case 'legacy':
      return true;
  }
};

interface Attempt {
  readonly requestor: UserInfo;
  readonly wanted: WantedUser;
  readonly request: RequestAttributes;
  readonly mode: ImpersonationMode;
}

/** Every right that a mode needs is asked for; the first that is missing is the answer. */
const refusalOf = (authorizer: Authorizer, { requestor, wanted, request, mode }: Attempt): ForbiddenStatus | undefined => {
  const isLegacy = mode === 'legacy';
  const rights: RequestAttributes[] = isLegacy ? [] : [{ ...request, verb: `impersonate-on:${mode}:${request.verb}` }];
  const verb = isLegacy ? 'impersonate' : `impersonate:${mode}`;
  rights.push(usernameRight(wanted.username, mode, verb));
  if (wanted.uid !== '') rights.push(right(verb, AUTHENTICATION, 'uids', wanted.uid));
  for (const attributes of rights) {
    const refused = check(authorizer, requestor, attributes);
    if (refused !== undefined) return refused;
  }
  return groupsRefusal(authorizer, requestor, wanted, verb, isLegacy) ?? extraRefusal(authorizer, requestor, wanted, verb, isLegacy);
};

const AUTHENTICATION = 'authentication.k8s.io';

const right = (verb: string, apiGroup: string, resource: string, name: string): ResourceAttributes => ({
  type: 'resource',
  verb,
  apiGroup,
  apiVersion: 'v1',
  resource,
  subresource: '',
  name,
  namespace: '',
});

const check = (authorizer: Authorizer, requestor: UserInfo, attributes: RequestAttributes): ForbiddenStatus | undefined => {
  const { allowed, reason } = authorizer.authorize(requestor, attributes);
  return allowed ? undefined : forbiddenStatus(requestor, attributes, reason);
};

/** Users and groups are of the core group in the legacy mode, of authentication.k8s.io in the others. */
const usernameRight = (username: string, mode: ImpersonationMode, verb: string): ResourceAttributes => {
  const group = mode === 'legacy' ? '' : AUTHENTICATION;
  const account = splitServiceAccountUsername(username);
  if (account !== undefined) return { ...right(verb, group, 'serviceaccounts', account.name), namespace: account.namespace };
  const node = mode === 'legacy' ? undefined : nodeOfUsername(username);
  if (node === undefined) return right(verb, group, 'users', username);
  return right(verb, group, 'nodes', mode === 'associated-node' ? '*' : node);
};

/** From so many on, a right on all is asked for before each. */
const MANY = 4;

const groupsRefusal = (
  authorizer: Authorizer,
  requestor: UserInfo,
  { groups }: WantedUser,
  verb: string,
  isLegacy: boolean,
): ForbiddenStatus | undefined => {
  const groupRight = (name: string): ResourceAttributes => right(verb, isLegacy ? '' : AUTHENTICATION, 'groups', name);
  if (!isLegacy) {
    if (groups.includes('')) return forbiddenStatus(requestor, groupRight(''), 'impersonating the empty string group is not allowed');
    if (groups.includes(SYSTEM_MASTERS)) {
      return forbiddenStatus(requestor, groupRight(SYSTEM_MASTERS), 'impersonating the system:masters group is not allowed');
    }
    if (groups.length >= MANY && check(authorizer, requestor, groupRight('*')) === undefined) return undefined;
  }
  return firstRefusal(authorizer, requestor, groups.map(groupRight));
};

const extraRefusal = (
  authorizer: Authorizer,
  requestor: UserInfo,
  { extra }: WantedUser,
  verb: string,
  isLegacy: boolean,
): ForbiddenStatus | undefined => {
  const extraRight = (subresource: string, name: string): ResourceAttributes => ({
    ...right(verb, AUTHENTICATION, 'userextras', name),
    subresource,
  });
  const entries = Object.entries(extra).sort(([a], [b]) => (a < b ? -1 : 1));
  if (!isLegacy) {
    const problem = entries.map(([key, values]) => extraProblem(key, values)).find((text) => text !== undefined);
    if (problem !== undefined) return forbiddenStatus(requestor, extraRight('', ''), problem);
    const count = Math.max(entries.length, entries.flatMap(([, values]) => values).length);
    if (count >= MANY && check(authorizer, requestor, extraRight('*', '*')) === undefined) return undefined;
  }
  return firstRefusal(
    authorizer,
    requestor,
    entries.flatMap(([key, values]) => values.map((value) => extraRight(key, value))),
  );
};

const firstRefusal = (authorizer: Authorizer, requestor: UserInfo, rights: readonly ResourceAttributes[]): ForbiddenStatus | undefined => {
  for (const attributes of rights) {
    const refused = check(authorizer, requestor, attributes);
    if (refused !== undefined) return refused;
  }
  return undefined;
};

const PREFIXED_PATH = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[^/?#%]+(\/[^/?#%]+)*$/;

/** What the modes of 1.36 do not let through, whatever the rights. */
const extraProblem = (key: string, values: readonly string[]): string | undefined => {
  if (key === '') return 'impersonating the empty string key in extra is not allowed';
  if (!PREFIXED_PATH.test(key)) {
    return `impersonating an invalid key in extra is not allowed: extra.key: Invalid value: ${quotedList([key]).slice(1, -1)}: must be a domain-prefixed path (such as "acme.io/foo")`;
  }
  if (values.length === 0) return 'impersonating empty values in extra is not allowed';
  return values.includes('') ? 'impersonating the empty string value in extra is not allowed' : undefined;
};

const impersonatedUser = ({ username, uid, groups, extra }: WantedUser, mode: ImpersonationMode): UserInfo => ({
  username,
  ...(uid !== '' && { uid }),
  groups: withCommonGroup(username, impliedGroups(username, groups, mode)),
  extra,
});

/** Of a service account that is wanted by name alone, the groups are known; so are those of a node, but in the legacy mode. */
const impliedGroups = (username: string, groups: readonly string[], mode: ImpersonationMode): readonly string[] => {
  if (groups.length > 0) return groups;
  const account = splitServiceAccountUsername(username);
  if (account !== undefined) return serviceAccountGroups(account.namespace);
  return mode !== 'legacy' && nodeOfUsername(username) !== undefined ? ['system:nodes'] : groups;
};

const withCommonGroup = (username: string, groups: readonly string[]): readonly string[] => {
  const common = username === ANONYMOUS_USERNAME ? SYSTEM_UNAUTHENTICATED : SYSTEM_AUTHENTICATED;
  if (groups.includes(common) || groups.includes(SYSTEM_UNAUTHENTICATED)) return groups;
  return [...groups, common];
};
