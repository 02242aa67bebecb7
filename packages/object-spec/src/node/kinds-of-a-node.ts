import type { ObjectKindName } from '../object/api-object.js';

/** Kinds of a network of Services, which a node has only where it was given addresses for them. */
const OF_SERVICES: readonly ObjectKindName[] = ['Service', 'EndpointSlice', 'NetworkPolicy'];
const SERVICE_KINDS: ReadonlySet<string> = new Set(OF_SERVICES);

/** Kinds of a proxy in front of Services. */
const OF_INGRESS: readonly ObjectKindName[] = ['Ingress', 'IngressClass', 'GatewayClass', 'Gateway', 'HTTPRoute', 'ReferenceGrant'];
const INGRESS_KINDS: ReadonlySet<string> = new Set(OF_INGRESS);

/** Kinds that mean something on a node without a control plane; a manifest may hold them beside Pods. */
export const KINDS_OF_A_NODE: ReadonlySet<string> = new Set<ObjectKindName>([
  'ConfigMap',
  'Secret',
  'ServiceAccount',
  'Namespace',
  'LimitRange',
  'PriorityClass',
  'RuntimeClass',
  'StorageClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'PodDisruptionBudget',
  ...OF_SERVICES,
  ...OF_INGRESS,
  // For the node's own API, where it is served.
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
]);

/** Kinds of a node without a network of Services. */
export const KINDS_WITHOUT_SERVICES: ReadonlySet<string> = new Set(
  [...KINDS_OF_A_NODE].filter((kind) => !SERVICE_KINDS.has(kind) && !INGRESS_KINDS.has(kind)),
);

/** Kinds of a node with a network of Services that no proxy stands in front of. */
export const KINDS_WITHOUT_INGRESS: ReadonlySet<string> = new Set([...KINDS_OF_A_NODE].filter((kind) => !INGRESS_KINDS.has(kind)));

/** Why a document of another kind is not used. `servicesHint`: how Services, or Ingresses, are turned on. */
export const meaninglessKind = (apiVersion: string, kind: string, servicesHint: string | undefined): string => {
  if (INGRESS_KINDS.has(kind))
    return `${apiVersion} ${kind}: ${kind.startsWith('Ingress') ? 'Ingresses' : 'Gateways'} are not served on this node${servicesHint === undefined ? '' : `; ${servicesHint}`}`;
  if (!SERVICE_KINDS.has(kind)) return `${apiVersion} ${kind} has no meaning on a node without a control plane`;
  const what = kind === 'NetworkPolicy' ? 'policies are not enforced' : 'Services are off';
  return `${apiVersion} ${kind}: ${what} on this node${servicesHint === undefined ? '' : `; ${servicesHint}`}`;
};
