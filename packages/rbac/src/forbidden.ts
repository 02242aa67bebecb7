import { goQuote } from '@solo-kubelet/pod-spec/schema';
import type { RequestAttributes } from './request-attributes.js';
import type { UserInfo } from './user.js';

/** `Status` of v1, for a request that was refused. */
export interface ForbiddenStatus {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Readonly<Record<string, never>>;
  readonly status: 'Failure';
  readonly message: string;
  readonly reason: 'Forbidden';
  readonly details: { readonly name?: string; readonly group?: string; readonly kind?: string };
  readonly code: 403;
}

/** `User "x" cannot list resource "pods" in API group "" in the namespace "y"`, and so on. */
export const forbiddenMessage = (user: UserInfo, request: RequestAttributes): string => {
  const who = `User ${goQuote(user.username)} cannot ${request.verb}`;
  if (request.type === 'path') return `${who} path ${goQuote(request.path)}`;
  const { resource, subresource, apiGroup, namespace } = request;
  const what = goQuote(subresource === '' ? resource : `${resource}/${subresource}`);
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${goQuote(namespace)}`;
  return `${who} resource ${what} in API group ${goQuote(apiGroup)} ${where}`;
};

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** The answer to a request that authorization refused, for `reason` if there is one. */
export const forbiddenStatus = (user: UserInfo, request: RequestAttributes, reason = ''): ForbiddenStatus => {
  const message = forbiddenMessage(user, request).replace(/[&<>]/g, (character) => HTML[character]!);
  const isResource = request.type === 'resource';
  return statusForbidden({
    group: isResource ? request.apiGroup : '',
    resource: isResource ? request.resource : '',
    name: isResource ? request.name : '',
    message: reason === '' ? message : `${message}: ${reason}`,
  });
};

/** NewForbidden of apimachinery: the message begins with the resource and the name. */
export const statusForbidden = (what: { group: string; resource: string; name: string; message: string }): ForbiddenStatus => {
  const { group, resource, name, message } = what;
  const qualified = group === '' ? resource : `${resource}.${group}`;
  const named = name === '' ? qualified : `${qualified} ${goQuote(name)}`;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: group === '' && resource === '' ? `forbidden: ${message}` : `${named} is forbidden: ${message}`,
    reason: 'Forbidden',
    details: { ...(name !== '' && { name }), ...(group !== '' && { group }), ...(resource !== '' && { kind: resource }) },
    code: 403,
  };
};
