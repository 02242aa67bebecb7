import { configMapRules } from './config-map.js';
import { cronJobRules } from './cron-job.js';
import { daemonSetRules } from './daemon-set.js';
import { deploymentRules } from './deployment.js';
import { endpointSliceRules } from './endpoint-slice.js';
import { gatewayRules } from './gateway/gateway.js';
import { gatewayClassRules } from './gateway/gateway-class.js';
import { httpRouteRules } from './gateway/http-route.js';
import { referenceGrantRules } from './gateway/reference-grant.js';
import { ingressRules } from './ingress.js';
import { ingressClassRules } from './ingress-class.js';
import { jobRules } from './job.js';
import type { RulesByKind } from './kind-rules.js';
import { limitRangeRules } from './limit-range.js';
import { namespaceRules } from './namespace.js';
import { networkPolicyRules } from './network-policy.js';
import { persistentVolumeRules } from './persistent-volume.js';
import { persistentVolumeClaimRules } from './persistent-volume-claim.js';
import { podDisruptionBudgetRules } from './pod-disruption-budget.js';
import { priorityClassRules } from './priority-class.js';
import { replicaSetRules } from './replica-set.js';
import { clusterRoleRules, roleRules } from './role.js';
import { clusterRoleBindingRules, roleBindingRules } from './role-binding.js';
import { runtimeClassRules } from './runtime-class.js';
import { secretRules } from './secret.js';
import { serviceRules } from './service/service.js';
import { serviceAccountRules } from './service-account.js';
import { statefulSetRules } from './stateful-set.js';
import { storageClassRules } from './storage-class.js';

/** The rules of every kind. */
export const rulesByKind: RulesByKind = {
  ConfigMap: configMapRules,
  Secret: secretRules,
  ServiceAccount: serviceAccountRules,
  Namespace: namespaceRules,
  LimitRange: limitRangeRules,
  PersistentVolume: persistentVolumeRules,
  PersistentVolumeClaim: persistentVolumeClaimRules,
  Service: serviceRules,
  PriorityClass: priorityClassRules,
  RuntimeClass: runtimeClassRules,
  StorageClass: storageClassRules,
  Deployment: deploymentRules,
  ReplicaSet: replicaSetRules,
  StatefulSet: statefulSetRules,
  DaemonSet: daemonSetRules,
  Job: jobRules,
  CronJob: cronJobRules,
  EndpointSlice: endpointSliceRules,
  Ingress: ingressRules,
  IngressClass: ingressClassRules,
  NetworkPolicy: networkPolicyRules,
  GatewayClass: gatewayClassRules,
  Gateway: gatewayRules,
  HTTPRoute: httpRouteRules,
  ReferenceGrant: referenceGrantRules,
  Role: roleRules,
  RoleBinding: roleBindingRules,
  ClusterRole: clusterRoleRules,
  ClusterRoleBinding: clusterRoleBindingRules,
  PodDisruptionBudget: podDisruptionBudgetRules,
};
