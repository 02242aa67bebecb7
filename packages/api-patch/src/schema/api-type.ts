import { badRequest } from '../patch-error.js';
import { findStructType, hasType } from './read-schema-table.js';
import type { FieldGates, MapType } from './schema-types.js';

/** What kind an object is of, as it says itself. */
export interface ApiType {
  /** For example `apps/v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Fields of later releases are there where their gate is on. Default: those of Kubernetes 1.36 alone. */
  readonly gates?: FieldGates | undefined;
}

const kindsByGroup: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    v1: [
      ...['ConfigMap', 'Secret', 'ServiceAccount', 'Namespace', 'LimitRange', 'PersistentVolume', 'PersistentVolumeClaim', 'Service'],
      ...['Pod', 'Node', 'Event', 'Endpoints', 'PodTemplate', 'ReplicationController', 'ResourceQuota'],
    ],
    'apps/v1': ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'ControllerRevision'],
    'autoscaling/v1': ['Scale'],
    'batch/v1': ['Job', 'CronJob'],
    'coordination.k8s.io/v1': ['Lease'],
    'discovery.k8s.io/v1': ['EndpointSlice'],
    'events.k8s.io/v1': ['Event'],
    'gateway.networking.k8s.io/v1': ['GatewayClass', 'Gateway', 'HTTPRoute'],
    'gateway.networking.k8s.io/v1beta1': ['ReferenceGrant'],
    'networking.k8s.io/v1': ['Ingress', 'IngressClass', 'NetworkPolicy'],
    'node.k8s.io/v1': ['RuntimeClass'],
    'policy/v1': ['PodDisruptionBudget'],
    'rbac.authorization.k8s.io/v1': ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'],
    'scheduling.k8s.io/v1': ['PriorityClass'],
    'storage.k8s.io/v1': ['StorageClass'],
  }),
);

/** Whether this package knows the fields of a kind. */
export const isKnownType = ({ apiVersion, kind }: ApiType): boolean => kindsByGroup.get(apiVersion)?.includes(kind) ?? false;

/** The kinds whose fields this package knows. */
export const knownTypes: readonly ApiType[] = [...kindsByGroup].flatMap(([apiVersion, kinds]) =>
  kinds.map((kind) => ({ apiVersion, kind })),
);

/** Two kinds are called Event; the table calls the newer one EventsEvent. */
const tableName = ({ apiVersion, kind }: ApiType): string => (apiVersion === 'events.k8s.io/v1' ? `Events${kind}` : kind);

export const schemaOf = (type: ApiType): MapType => {
  if (!isKnownType(type) || !hasType(tableName(type))) throw badRequest(`no schema for ${type.apiVersion} ${type.kind}`);
  return findStructType(tableName(type), type.gates ?? {});
};
