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
  'Service',
  'EndpointSlice',
  // For the node's own API, where it is served.
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
]);

/** Kinds of a network of Services, which a node has only where it was given addresses for them. */
const SERVICE_KINDS: ReadonlySet<string> = new Set<ObjectKindName>(['Service', 'EndpointSlice']);

/** Kinds of a node without a network of Services. */
export const KINDS_WITHOUT_SERVICES: ReadonlySet<string> = new Set([...KINDS_OF_A_NODE].filter((kind) => !SERVICE_KINDS.has(kind)));

/** Why a document of another kind is not used, and what to do. */
export const meaninglessKind = (apiVersion: string, kind: string): { readonly message: string; readonly hint: string } =>
  SERVICE_KINDS.has(kind)
    ? {
        message: `${apiVersion} ${kind}: Services are off on this node; the kubelet flag --service-cluster-ip-range turns them on`,
        hint: 'start the kubelet with --service-cluster-ip-range=10.96.0.0/16; the other documents of the file count',
      }
    : {
        message: `${apiVersion} ${kind} has no meaning on a node without a control plane`,
        hint: 'the other documents of the file count',
      };
