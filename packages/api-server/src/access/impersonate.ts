import type { ApiRequest } from '../context.js';
import type { RequestInfo } from '../request/request-info.js';
import { ApiError, badRequest } from '../status/api-error.js';
import { known } from './authenticate.js';
import type { Attributes, Authorizer, UserInfo } from './authorizer.js';

const all = (request: ApiRequest, name: string): readonly string[] => {
  const value = request.headers[name];
  return value === undefined ? [] : typeof value === 'string' ? value.split(', ') : value;
};

const SERVICE_ACCOUNT = 'system:serviceaccount:';

/** As whom a request is to count; the user itself without the headers. @throws ApiError 400, 403 */
export const impersonate = (authorizer: Authorizer, user: UserInfo, request: ApiRequest, info: RequestInfo): UserInfo => {
  const [name = ''] = all(request, 'impersonate-user');
  const groups = all(request, 'impersonate-group').filter((group) => group !== '');
  const [uid = ''] = all(request, 'impersonate-uid');
  const extra = Object.keys(request.headers).filter((header) => header.startsWith('impersonate-extra-'));
  if (name === '') {
    if (groups.length === 0 && uid === '' && extra.length === 0) return user;
    throw badRequest('requested impersonation of user info without impersonating a user');
  }
  const check = (attributes: Partial<Attributes>): void => {
    const asked: Attributes = {
      user,
      verb: 'impersonate',
      isResource: true,
      path: '',
      group: '',
      version: 'v1',
      resource: '',
      subresource: '',
      namespace: '',
      name: '',
      ...attributes,
    };
    if (!authorizer.decide(asked).allowed) throw refusal(user, info);
  };
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
  const own = account?.length === 2 && groups.length === 0 ? ['system:serviceaccounts', `system:serviceaccounts:${account[0]}`] : groups;
  const impersonated = { username: name, groups: own, ...(uid !== '' && { uid }), ...(extra.length > 0 && { extra: extras }) };
  return name === 'system:anonymous' && own.length === 0 ? { ...impersonated, groups: ['system:unauthenticated'] } : known(impersonated);
};

/** In 1.36 the refusal is in words of the request that it was for. */
const refusal = (user: UserInfo, info: RequestInfo): ApiError => {
  const verb = `impersonate-on:user-info:${info.verb}`;
  const what = info.isResource
    ? `resource ${JSON.stringify(info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`)} in API group ${JSON.stringify(info.group)} ${
        info.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(info.namespace)}`
      }`
    : `path ${JSON.stringify(info.path)}`;
  const message = `User ${JSON.stringify(user.username)} cannot ${verb} ${what}`;
  const qualified = info.group === '' ? info.resource : `${info.resource}.${info.group}`;
  const named = info.name === '' ? qualified : `${qualified} ${JSON.stringify(info.name)}`;
  return new ApiError({
    code: 403,
    reason: 'Forbidden',
    message: info.isResource ? `${named} is forbidden: ${message}` : `forbidden: ${message}`,
    details: {
      ...(info.isResource && info.name !== '' && { name: info.name }),
      ...(info.group !== '' && { group: info.group }),
      ...(info.resource !== '' && { kind: info.resource }),
    },
  });
};
