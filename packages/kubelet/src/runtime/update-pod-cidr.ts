import { type CriClient, CriError } from '@solo-kubelet/cri-client';
import type { Logger } from '@solo-kubelet/diagnostics';

/**
 * Tells the runtime the addresses that its pods are to have; it may make its network configuration of them. One that does not is no reason to stop.
 * Upstream: pkg/kubelet/kubelet_network.go updatePodCIDR.
 */
export const updatePodCidr = async (
  cri: Pick<CriClient, 'runtime'>,
  podCidr: string,
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<void> => {
  if (podCidr === '') return;
  try {
    await cri.runtime.updateRuntimeConfig({ runtimeConfig: { networkConfig: { podCidr } } }, { signal });
  } catch (error) {
    if (!CriError.is(error)) throw error;
    logger.error({ podCIDR: podCidr, err: error }, 'Pod CIDR update failed');
  }
};
