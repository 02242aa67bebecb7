import type { ObjectMeta } from '@solo-kubelet/pod-spec';
import type {
  ClusterRole,
  ClusterRoleBinding,
  ConfigMap,
  CronJob,
  DaemonSet,
  Deployment,
  EndpointSlice,
  Gateway,
  GatewayClass,
  HTTPRoute,
  Ingress,
  IngressClass,
  Job,
  LimitRange,
  Namespace,
  NetworkPolicy,
  PersistentVolume,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  PriorityClass,
  ReferenceGrant,
  ReplicaSet,
  Role,
  RoleBinding,
  RuntimeClass,
  Secret,
  Service,
  ServiceAccount,
  StatefulSet,
  StorageClass,
} from '../gen/object-types.js';

/** The type of each kind by its name. */
export interface ObjectTypes {
  readonly ConfigMap: ConfigMap;
  readonly Secret: Secret;
  readonly ServiceAccount: ServiceAccount;
  readonly Namespace: Namespace;
  readonly LimitRange: LimitRange;
  readonly PersistentVolume: PersistentVolume;
  readonly PersistentVolumeClaim: PersistentVolumeClaim;
  readonly Service: Service;
  readonly PriorityClass: PriorityClass;
  readonly RuntimeClass: RuntimeClass;
  readonly StorageClass: StorageClass;
  readonly Deployment: Deployment;
  readonly ReplicaSet: ReplicaSet;
  readonly StatefulSet: StatefulSet;
  readonly DaemonSet: DaemonSet;
  readonly Job: Job;
  readonly CronJob: CronJob;
  readonly EndpointSlice: EndpointSlice;
  readonly Ingress: Ingress;
  readonly IngressClass: IngressClass;
  readonly NetworkPolicy: NetworkPolicy;
  readonly GatewayClass: GatewayClass;
  readonly Gateway: Gateway;
  readonly HTTPRoute: HTTPRoute;
  readonly ReferenceGrant: ReferenceGrant;
  readonly Role: Role;
  readonly RoleBinding: RoleBinding;
  readonly ClusterRole: ClusterRole;
  readonly ClusterRoleBinding: ClusterRoleBinding;
  readonly PodDisruptionBudget: PodDisruptionBudget;
}

export type ObjectKindName = keyof ObjectTypes;

type WithIdentity<T, Kind extends string> = T & {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: ObjectMeta & { readonly name: string };
};

/** An object that was read: it says what it is, and has a name. */
export type ApiObject = { [Kind in ObjectKindName]: WithIdentity<ObjectTypes[Kind], Kind> }[ObjectKindName];

/** What an object is told from others by: `Kind/namespace/name`, with an empty namespace where the kind has none. The group is part of the kind where it is not empty. */
export const objectKey = ({ apiVersion, kind, metadata }: ApiObject): string => {
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/', 1)[0]}` : '';
  return `${kind}${group}/${metadata.namespace ?? ''}/${metadata.name}`;
};
