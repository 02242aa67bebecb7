import { metaTime } from '@solo-kubelet/diagnostics/text';
import { CREATED_DESCRIPTION, column, NAME_COLUMN } from './column.js';
import type { KindTable } from './kind-table.js';
import { componentStatusTable } from './kinds/component-status.js';
import {
  configMapTable,
  leaseTable,
  namespaceTable,
  priorityClassTable,
  resourceQuotaTable,
  runtimeClassTable,
  secretTable,
  serviceAccountTable,
} from './kinds/config.js';
import { eventTable, statusTable } from './kinds/event.js';
import { horizontalPodAutoscalerTable } from './kinds/horizontal-pod-autoscaler.js';
import { cronJobTable, jobTable } from './kinds/job.js';
import {
  endpointSliceTable,
  endpointsTable,
  gatewayClassTable,
  gatewayTable,
  httpRouteTable,
  ingressClassTable,
  ingressTable,
  networkPolicyTable,
  referenceGrantTable,
  serviceTable,
} from './kinds/network.js';
import { nodeTable } from './kinds/node.js';
import { podTable } from './kinds/pod.js';
import { clusterRoleBindingTable, roleBindingTable } from './kinds/role-binding.js';
import { persistentVolumeClaimTable, persistentVolumeTable, storageClassTable } from './kinds/storage.js';
import {
  controllerRevisionTable,
  daemonSetTable,
  deploymentTable,
  podDisruptionBudgetTable,
  podTemplateTable,
  replicaSetTable,
  replicationControllerTable,
  scaleTable,
  statefulSetTable,
} from './kinds/workload.js';
import { nameOf, textAt } from './read-field.js';

export interface GroupKind {
  /** `''` for the core group. */
  readonly group: string;
  readonly kind: string;
}

/** How objects of a kind are printed. Kinds without a printer (LimitRange, Role, ClusterRole among them) have Name and Created At. */
export const kindTableOf = ({ group, kind }: GroupKind): KindTable => TABLES.get(`${group}/${kind}`) ?? plainTable;

const plainTable: KindTable = {
  columns: [NAME_COLUMN, column('Created At', 'date', CREATED_DESCRIPTION)],
  cells: (object) => [nameOf(object), createdAt(object)],
};

/** RFC 3339 in UTC without fractions; Go's zero time if there is none. */
const createdAt = (object: unknown): string => {
  const ms = Date.parse(textAt(object, 'metadata', 'creationTimestamp'));
  return Number.isNaN(ms) ? '0001-01-01T00:00:00Z' : metaTime(ms);
};

const TABLES: ReadonlyMap<string, KindTable> = new Map([
  ['/Pod', podTable],
  ['/PodTemplate', podTemplateTable],
  ['/Node', nodeTable],
  ['/Event', eventTable],
  ['events.k8s.io/Event', eventTable],
  ['/Namespace', namespaceTable],
  ['/ConfigMap', configMapTable],
  ['/Secret', secretTable],
  ['/ServiceAccount', serviceAccountTable],
  ['/Service', serviceTable],
  ['/Endpoints', endpointsTable],
  ['/ComponentStatus', componentStatusTable],
  ['/PersistentVolume', persistentVolumeTable],
  ['/PersistentVolumeClaim', persistentVolumeClaimTable],
  ['/ReplicationController', replicationControllerTable],
  ['/ResourceQuota', resourceQuotaTable],
  ['/Status', statusTable],
  ['apps/Deployment', deploymentTable],
  ['apps/ReplicaSet', replicaSetTable],
  ['apps/StatefulSet', statefulSetTable],
  ['apps/DaemonSet', daemonSetTable],
  ['apps/ControllerRevision', controllerRevisionTable],
  ['autoscaling/HorizontalPodAutoscaler', horizontalPodAutoscalerTable],
  ['autoscaling/Scale', scaleTable],
  ['batch/Job', jobTable],
  ['batch/CronJob', cronJobTable],
  ['coordination.k8s.io/Lease', leaseTable],
  ['discovery.k8s.io/EndpointSlice', endpointSliceTable],
  ['gateway.networking.k8s.io/GatewayClass', gatewayClassTable],
  ['gateway.networking.k8s.io/Gateway', gatewayTable],
  ['gateway.networking.k8s.io/HTTPRoute', httpRouteTable],
  ['gateway.networking.k8s.io/ReferenceGrant', referenceGrantTable],
  ['networking.k8s.io/Ingress', ingressTable],
  ['networking.k8s.io/IngressClass', ingressClassTable],
  ['networking.k8s.io/NetworkPolicy', networkPolicyTable],
  ['node.k8s.io/RuntimeClass', runtimeClassTable],
  ['policy/PodDisruptionBudget', podDisruptionBudgetTable],
  ['rbac.authorization.k8s.io/RoleBinding', roleBindingTable],
  ['rbac.authorization.k8s.io/ClusterRoleBinding', clusterRoleBindingTable],
  ['scheduling.k8s.io/PriorityClass', priorityClassTable],
  ['storage.k8s.io/StorageClass', storageClassTable],
]);
