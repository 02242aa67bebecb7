import type { RequestInfo } from '../request/request-info.js';
import { type ApiError, forbidden } from '../status/api-error.js';
import type { Attributes, Authorizer, UserInfo } from './authorizer.js';

/** What a request is, for whoever decides. */
export const attributesOf = (user: UserInfo, info: RequestInfo): Attributes => ({
  user,
  verb: info.verb,
  isResource: info.isResource,
  path: info.path,
  group: info.group,
  version: info.version,
  resource: info.resource,
  subresource: info.subresource,
  namespace: info.namespace,
  name: info.name,
});

/** Characters that a browser could take for markup are escaped, as upstream does. */
const escapeHtml = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** `User "x" cannot list resource "pods" in API group "" in the namespace "y"`, and so on. */
export const forbiddenMessage = ({ user, verb, isResource, path, group, resource, subresource, namespace }: Attributes): string => {
  const who = `User ${JSON.stringify(user.username)} cannot ${verb}`;
  if (!isResource) return `${who} path ${JSON.stringify(path)}`;
  const what = JSON.stringify(subresource === '' ? resource : `${resource}/${subresource}`);
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  return `${who} resource ${what} in API group ${JSON.stringify(group)} ${where}`;
};

/** The refusal of a request. */
export const forbiddenError = (attributes: Attributes, reason = ''): ApiError => {
  const message = escapeHtml(forbiddenMessage(attributes));
  const why = reason === '' ? message : `${message}: ${reason}`;
  const { isResource, group, resource, name } = attributes;
  return forbidden({ group: isResource ? group : '', name: isResource ? resource : '' }, isResource ? name : '', why);
};

/** @throws ApiError 403 */
export const authorize = (authorizer: Authorizer, attributes: Attributes): void => {
  const { allowed, reason } = authorizer.decide(attributes);
  if (!allowed) throw forbiddenError(attributes, reason);
};
