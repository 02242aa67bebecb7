import { CniError } from '@solo-kubelet/cni-invoker';
import {
  type ExtraNetworks,
  formatNetworkStatus,
  NETWORK_STATUS_ANNOTATION,
  NETWORKS_ANNOTATION,
} from '@solo-kubelet/cni-invoker/extra-networks';
import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import type { NetworkHook } from '@solo-kubelet/reconciler/cri';
import { primaryMac } from './runtime-network.js';

export interface ExtraNetworksHookOptions {
  readonly networks: Pick<ExtraNetworks, 'attach' | 'detach' | 'statuses'>;
  /** Name of the runtime's own network, for the first entry of the status. Undefined: the runtime does not tell. */
  readonly primaryName: (options: { readonly signal?: AbortSignal }) => Promise<string | undefined>;
  readonly logger?: Logger;
}

/** Stands for the runtime's network where its name is not known. */
const UNNAMED = 'default';

/**
 * Extra networks as the reconciler's hook. A detach that fails does not keep a sandbox from stopping: it stays on record, and a later
 * collection succeeds once the sandbox's namespace is gone.
 */
export const extraNetworksHook = ({ networks, primaryName, logger = silentLogger }: ExtraNetworksHookOptions): NetworkHook => ({
  wants: (annotations) => (annotations[NETWORKS_ANNOTATION] ?? '').trim() !== '',
  attach: (sandbox, options) => networks.attach(sandbox, options),
  detach: async ({ podSandboxId }, options) => {
    try {
      await networks.detach(podSandboxId, options);
    } catch (error) {
      if (!CniError.is(error)) throw error;
      logger.warn({ podSandboxId, err: error }, 'Extra networks could not be detached and stay on record');
    }
  },
  annotationsOf: async ({ podSandboxId, ips, info }, options) => {
    const statuses = await networks.statuses(podSandboxId).catch((error: unknown) => {
      if (!CniError.is(error)) throw error;
      logger.warn({ podSandboxId, err: error }, 'The record of extra networks cannot be read');
      return undefined;
    });
    if (statuses === undefined) return undefined;
    const name = (await primaryName(options)) ?? UNNAMED;
    const mac = primaryMac(info);
    const primary = { name, interface: 'eth0', ips, ...(mac !== undefined && { mac }), default: true, dns: {} };
    return { [NETWORK_STATUS_ANNOTATION]: formatNetworkStatus([primary, ...statuses]) };
  },
});
