import type { RequestAttributes } from '@solo-kubelet/rbac';
import type { Attributes, UserInfo } from './authorizer.js';

/** A request in the words of the RBAC package. */
export const requestOf = (attributes: Attributes): RequestAttributes =>
  attributes.isResource
    ? {
        type: 'resource',
        verb: attributes.verb,
        apiGroup: attributes.group,
        apiVersion: attributes.version,
        resource: attributes.resource,
        subresource: attributes.subresource,
        name: attributes.name,
        namespace: attributes.namespace,
      }
    : { type: 'path', verb: attributes.verb, path: attributes.path };

/** The way back: what somebody asks for, for whoever decides. */
export const attributesOfRequest = (user: UserInfo, request: RequestAttributes): Attributes => ({
  user,
  verb: request.verb,
  isResource: request.type === 'resource',
  path: request.type === 'path' ? request.path : '',
  group: request.type === 'resource' ? request.apiGroup : '',
  version: request.type === 'resource' ? (request.apiVersion ?? '') : '',
  resource: request.type === 'resource' ? request.resource : '',
  subresource: request.type === 'resource' ? request.subresource : '',
  namespace: request.type === 'resource' ? request.namespace : '',
  name: request.type === 'resource' ? request.name : '',
});
