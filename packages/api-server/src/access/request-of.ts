import type { RequestAttributes } from '@solo-kubelet/rbac';
import type { Attributes } from './authorizer.js';

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
