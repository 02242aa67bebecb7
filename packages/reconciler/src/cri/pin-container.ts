import type { CriClient } from '@solo-kubelet/cri-client';
import type { Abortable } from '../runtime-port.js';

export interface PinOptions extends Abortable {
  /** Whether containers are made to end as a whole when they are out of memory. */
  readonly endsAsAWhole: boolean;
}

/** Puts a container on CPUs (`0-1,4`), and leaves all else that it was given as it is. */
export const pinContainer = async (
  runtime: Pick<CriClient['runtime'], 'updateContainerResources'>,
  containerId: string,
  cpusetCpus: string,
  { endsAsAWhole, signal }: PinOptions,
): Promise<void> => {
  const unified: Record<string, string> = endsAsAWhole ? OOM_GROUP : {};
  await runtime.updateContainerResources({ containerId, linux: { ...onlyCpuset, unified, cpusetCpus } }, { signal });
};

/**
 * Said again with every change: systemd 257 writes this file anew with any property of a unit (docs/decisions/281), and of what a container was made
 * with CRI-O writes only what the call names; containerd says all of it by itself.
 */
const OOM_GROUP = { 'memory.oom.group': '1' };

/** Zeros and empty texts leave the container's other limits as they are. */
const onlyCpuset = {
  cpuPeriod: 0n,
  cpuQuota: 0n,
  cpuShares: 0n,
  memoryLimitInBytes: 0n,
  oomScoreAdj: 0n,
  cpusetMems: '',
  hugepageLimits: [],
  memorySwapLimitInBytes: 0n,
};
