import { dnsSubdomainPrefixErrors } from '@solo-kubelet/pod-spec';

/** What the names of a controller's Pods begin with: its own name, and a dash if that can begin a name (controller_utils.go getPodsPrefix). */
export const podsPrefix = (controllerName: string): string =>
  dnsSubdomainPrefixErrors(`${controllerName}-`).length === 0 ? `${controllerName}-` : controllerName;
