import type { ObjectKindName } from '../object/api-object.js';

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
  // For the node's own API, where it is served.
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
]);

/** Why a document of another kind is not used. */
export const meaninglessKind = (apiVersion: string, kind: string): string =>
  `${apiVersion} ${kind} has no meaning on a node without a control plane`;
