/** What is used now, bytes, page cache included. What nobody knows is missing. */
export interface MemoryUsage {
  readonly podBytes?: number;
  /** By container id. */
  readonly containers: ReadonlyMap<string, number>;
}

/** Memory limits that are about to be lowered. */
export interface LoweredMemory {
  readonly podSandboxId: string;
  /** Bytes. */
  readonly podLimitBytes?: number;
  readonly containers: readonly { readonly containerId: string; readonly containerName: string; readonly limitBytes: number }[];
}

/**
 * Why memory limits can not be lowered now: the kernel would end a container that uses more. Undefined when they can.
 * Upstream: validateMemoryResizeAction in pkg/kubelet/kuberuntime/kuberuntime_manager.go.
 */
export const memoryInUse = (lowered: LoweredMemory, usage: MemoryUsage): string | undefined => {
  const { podLimitBytes, containers } = lowered;
  const known = [...usage.containers.values()];
  const podBytes = usage.podBytes ?? known.reduce((sum, bytes) => sum + bytes, 0);
  const faults = [
    ...(podLimitBytes !== undefined && podBytes > podLimitBytes
      ? [`attempting to set pod memory limit (${podLimitBytes}) below current usage (${podBytes})`]
      : []),
    ...containers.flatMap(({ containerId, containerName, limitBytes }) => {
      const bytes = usage.containers.get(containerId);
      if (bytes === undefined) return [`missing memory usage of container "${containerName}"`];
      return bytes > limitBytes
        ? [`attempting to set container "${containerName}" memory limit (${limitBytes}) below current usage (${bytes})`]
        : [];
    }),
  ];
  if (faults.length === 0) return undefined;
  return `cannot decrease memory limits: ${faults.length === 1 ? faults[0] : `[${faults.join(', ')}]`}`;
};
