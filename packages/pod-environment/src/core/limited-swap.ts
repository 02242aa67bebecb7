import { type Container, type Pod, podQosClass } from '@solo-kubelet/pod-spec';
import { bytes } from './amounts.js';

/** Who may swap, and how much there is in all. */
export interface LimitedSwap {
  /** Swap of the node, bytes. */
  readonly capacityBytes: number;
  /** Pods that have to stay in memory. */
  readonly isExcluded: (pod: Pod) => boolean;
}

export const noSwap: LimitedSwap = { capacityBytes: 0, isExcluded: () => true };

/**
 * The swap that a container may take: of the node's swap the share that its request has of the node's memory. Only containers of Burstable pods get
 * any that request some memory and less than their limit. Upstream: kuberuntime_container_linux.go configureContainerSwapResources.
 */
export const containerSwapBytes = (
  pod: Pod,
  container: Container,
  { capacityBytes, isExcluded }: LimitedSwap,
  memoryCapacityBytes: number,
): number => {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const request = bytes(requests.memory ?? limits.memory);
  if (request === 0n || request === bytes(limits.memory) || podQosClass(pod) !== 'Burstable' || isExcluded(pod)) return 0;
  return Math.floor((Number(request) / memoryCapacityBytes) * capacityBytes);
};
