import type { ApiRequest } from '../context.js';
import type { RequestInfo } from '../request/request-info.js';
import { badRequest } from '../status/api-error.js';
import { known } from './authenticate.js';
import { attributesOf, forbiddenError } from './authorize.js';
import type { Attributes, Authorizer, UserInfo } from './authorizer.js';

const all = (request: ApiRequest, name: string): readonly string[] => {
  const value = request.headers[name];
  return value === undefined ? [] : typeof value === 'string' ? value.split(', ') : value;
};

/** With what rights somebody got through: those of 1.36, which are for a verb and a kind of users, or those of old. */
export type ImpersonationMode = 'user-info' | 'legacy';

/** Of how many users it is remembered in which way they got through. */
const MAX_REMEMBERED = 1_000;

interface ModeQuestion {
  readonly authorizer: Authorizer;
  readonly user: UserInfo;
  readonly info: RequestInfo;
  readonly wanted: readonly Partial<Attributes>[];
  readonly last: Map<string, ImpersonationMode>;
}

const asked = (user: UserInfo, attributes: Partial<Attributes>, verb: string): Attributes => ({
  user,
  isResource: true,
  path: '',
  group: '',
  version: 'v1',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
  ...attributes,
  verb,
});

/** Tries the way that worked last, then the others; the first refusal is the one that is told. @throws ApiError 403 */
const decideMode = ({ authorizer, user, info, wanted, last }: ModeQuestion): void => {
  const tries: Readonly<Record<ImpersonationMode, () => Attributes | undefined>> = {
    'user-info': () => {
      const on = { ...attributesOf(user, info), verb: `impersonate-on:user-info:${info.verb}` };
      const checks = [on, ...wanted.map((each) => asked(user, { ...each, group: 'authentication.k8s.io' }, 'impersonate:user-info'))];
      return checks.find((attributes) => !authorizer.decide(attributes).allowed);
    },
    legacy: () => wanted.map((each) => asked(user, each, 'impersonate')).find((attributes) => !authorizer.decide(attributes).allowed),
  };
  const before = last.get(user.username);
  const order: readonly ImpersonationMode[] = before === 'legacy' ? ['legacy', 'user-info'] : ['user-info', 'legacy'];
  let refused: Attributes | undefined;
  for (const mode of order) {
    const first = tries[mode]();
    if (first === undefined) {
      if (last.size >= MAX_REMEMBERED) last.clear();
      last.set(user.username, mode);
      return;
    }
    refused ??= first;
  }
  throw forbiddenError(refused!);
};

const SERVICE_ACCOUNT = 'system:serviceaccount:';

/** As whom a request is to count; the user itself without the headers. @throws ApiError 400, 403 */
export const impersonate = (
  authorizer: Authorizer,
  user: UserInfo,
  request: ApiRequest,
  info: RequestInfo,
  lastMode: Map<string, ImpersonationMode>,
): UserInfo => {
  const [name = ''] = all(request, 'impersonate-user');
  const groups = all(request, 'impersonate-group').filter((group) => group !== '');
  const [uid = ''] = all(request, 'impersonate-uid');
  const extra = Object.keys(request.headers).filter((header) => header.startsWith('impersonate-extra-'));
  if (name === '') {
    if (groups.length === 0 && uid === '' && extra.length === 0) return user;
    throw badRequest('requested impersonation of user info without impersonating a user');
  }
  const wanted: Partial<Attributes>[] = [];
  const check = (attributes: Partial<Attributes>): void => void wanted.push(attributes);
  const account = name.startsWith(SERVICE_ACCOUNT) ? name.slice(SERVICE_ACCOUNT.length).split(':') : undefined;
  if (account?.length === 2) check({ resource: 'serviceaccounts', namespace: account[0]!, name: account[1]! });
  else check({ resource: 'users', name });
  for (const group of groups) check({ resource: 'groups', name: group });
  if (uid !== '') check({ resource: 'uids', group: 'authentication.k8s.io', name: uid });
  const extras: Record<string, readonly string[]> = {};
  for (const header of extra) {
    const key = decodeURIComponent(header.slice('impersonate-extra-'.length));
    const values = all(request, header);
    for (const value of values) check({ resource: 'userextras', subresource: key, group: 'authentication.k8s.io', name: value });
    extras[key] = values;
  }
  decideMode({ authorizer, user, info, wanted, last: lastMode });
  const own = account?.length === 2 && groups.length === 0 ? ['system:serviceaccounts', `system:serviceaccounts:${account[0]}`] : groups;
  const impersonated = { username: name, groups: own, ...(uid !== '' && { uid }), ...(extra.length > 0 && { extra: extras }) };
  return name === 'system:anonymous' && own.length === 0 ? { ...impersonated, groups: ['system:unauthenticated'] } : known(impersonated);
};
