import type { AdmissionCheck, AdmissionRequest } from './admission-check.js';
import { checkHostPorts } from './check-host-ports.js';
import { checkEvictionPressure } from './eviction-pressure.js';
import { checkAppArmor, checkNodeShutdown, checkOperatingSystem, checkSupplementalGroupsPolicy } from './node-checks.js';
import { checkNodeSelector } from './node-selector.js';
import type { Rejection } from './rejection.js';
import { checkResources } from './resource-fit.js';
import { checkSysctls } from './sysctls.js';

/** In upstream's order (pkg/kubelet/kubelet.go admit handlers, pkg/kubelet/lifecycle/predicate.go); the first rejection counts. */
const checks: readonly AdmissionCheck[] = [
  // An API server would not have made the pod.
  ({ pod, node }) => node.objectRejection?.(pod),
  checkEvictionPressure,
  checkSysctls,
  checkOperatingSystem,
  checkSupplementalGroupsPolicy,
  checkResources,
  checkNodeSelector,
  checkHostPorts,
  checkAppArmor,
  checkNodeShutdown,
];

export const checkPod = (request: AdmissionRequest): Rejection | undefined => {
  for (const check of checks) {
    const rejection = check(request);
    if (rejection !== undefined) return rejection;
  }
  return undefined;
};
