import { dnsSubdomainPrefixErrors } from '@solo-kubelet/pod-spec';

/** Who tells of a workload in a cluster: `replicaset-controller`. */
export const controllerName = (kind: string): string => `${kind.toLowerCase()}-controller`;

/** What the names of a controller's Pods begin with: its own name, and a dash if that can begin a name (controller_utils.go getPodsPrefix). */
export const podsPrefix = (controllerName: string): string =>
  dnsSubdomainPrefixErrors(`${controllerName}-`).length === 0 ? `${controllerName}-` : controllerName;
