import { CniError } from '@solo-kubelet/cni-invoker';
import type { ExtraNetworks } from '@solo-kubelet/cni-invoker/extra-networks';
import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import type { NetworkHook } from '@solo-kubelet/reconciler/cri';

export interface ExtraNetworksHookOptions {
  readonly networks: Pick<ExtraNetworks, 'attach' | 'detach' | 'collectGarbage'>;
  readonly logger?: Logger;
}

/**
 * Extra networks as the reconciler's hook. A detach that fails does not keep a sandbox from stopping: it stays on record, and a later
 * collection succeeds once the sandbox's namespace is gone. Call `collectGarbage` at start and now and then.
 */
export const extraNetworksHook = ({ networks, logger = silentLogger }: ExtraNetworksHookOptions): NetworkHook => ({
  attach: (sandbox, options) => networks.attach(sandbox, options),
  detach: async ({ podSandboxId }, options) => {
    try {
      await networks.detach(podSandboxId, options);
    } catch (error) {
      if (!CniError.is(error) || error.code !== 'CNI_DETACH_FAILED') throw error;
      logger.warn({ podSandboxId, err: error }, 'Extra networks could not be detached and stay on record');
    }
  },
  collectGarbage: async (validPodSandboxIds, options) => {
    const { detached, failures } = await networks.collectGarbage(validPodSandboxIds, options);
    for (const podSandboxId of detached) logger.info({ podSandboxId }, 'Released the extra networks of a sandbox that is gone');
    for (const failure of failures) logger.warn({ ...failure }, 'Extra networks could not be released');
  },
});
