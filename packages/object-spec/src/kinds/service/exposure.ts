import type { ServiceSpec } from '../../gen/object-types.js';

// What a Service is, by its fields. Source: pkg/api/service/util.go and pkg/apis/core/validation.

/** No address stands for its Pods: its name leads to theirs. */
export const isHeadless = ({ clusterIPs = [] }: ServiceSpec): boolean => clusterIPs.length === 1 && clusterIPs[0] === 'None';

/** Whether it may be reached from outside the cluster. */
export const isExternallyAccessible = ({ type, externalIPs = [] }: ServiceSpec): boolean =>
  type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && externalIPs.length > 0);

export const usesNodePorts = ({ type }: ServiceSpec): boolean => type === 'NodePort' || type === 'LoadBalancer';

/** Whether load balancers ask each node if it has Pods of the Service. */
export const needsHealthCheck = ({ type, externalTrafficPolicy }: ServiceSpec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
