import { configMapRules } from './config-map.js';
import { deploymentRules } from './deployment.js';
import { endpointSliceRules } from './endpoint-slice.js';
import { ingressRules } from './ingress.js';
import { ingressClassRules } from './ingress-class.js';
import type { RulesByKind } from './kind-rules.js';
import { networkPolicyRules } from './network-policy.js';
import { podDisruptionBudgetRules } from './pod-disruption-budget.js';
import { clusterRoleRules, roleRules } from './role.js';
import { clusterRoleBindingRules, roleBindingRules } from './role-binding.js';
import { secretRules } from './secret.js';
import { serviceRules } from './service/service.js';

/** The rules of every kind. */
export const rulesByKind: RulesByKind = {
  ConfigMap: configMapRules,
  Secret: secretRules,
  Service: serviceRules,
  Deployment: deploymentRules,
  EndpointSlice: endpointSliceRules,
  Ingress: ingressRules,
  IngressClass: ingressClassRules,
  NetworkPolicy: networkPolicyRules,
  Role: roleRules,
  RoleBinding: roleBindingRules,
  ClusterRole: clusterRoleRules,
  ClusterRoleBinding: clusterRoleBindingRules,
  PodDisruptionBudget: podDisruptionBudgetRules,
};
