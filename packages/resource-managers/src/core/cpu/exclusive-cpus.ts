import { type Container, hasPodResources, isSidecar, type Pod, podQosClass, quantityMilliValue } from '@solo-kubelet/pod-spec';

/**
 * How many CPUs of its own a container gets: its request, when that is whole and the pod is Guaranteed by its containers alone; else 0.
 * Upstream: guaranteedCPUs in pkg/kubelet/cm/cpumanager/policy_static.go.
 */
export const exclusiveCpuCount = (pod: Pod, container: Container): number => {
  if (podQosClass(pod) !== 'Guaranteed' || hasPodResources(pod)) return 0;
  const milliCpu = quantityMilliValue(container.resources?.requests?.['cpu'] ?? '0');
  return milliCpu % 1_000n === 0n ? Number(milliCpu / 1_000n) : 0;
};

/** The same for the pod as a whole: init containers run one at a time, beside the sidecars that started before them. */
export const podExclusiveCpuCount = (pod: Pod): number => {
  let sidecars = 0;
  let most = 0;
  for (const container of pod.spec.initContainers ?? []) {
    const count = exclusiveCpuCount(pod, container);
    if (isSidecar(container)) sidecars += count;
    else most = Math.max(most, sidecars + count);
  }
  return Math.max(most, sidecars + pod.spec.containers.reduce((sum, container) => sum + exclusiveCpuCount(pod, container), 0));
};
