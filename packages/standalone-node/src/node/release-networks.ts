import type { Logger } from '@solo-kubelet/diagnostics';
import { DEFAULT_PLUGIN_DIRECTORIES, kubeletNetworks, removeServices } from '@solo-kubelet/kubelet/networks';
import { timeoutSignal } from '@solo-kubelet/timers';
import type { DataLayout } from './data-layout.js';

export interface ReleaseNetworksOptions {
  readonly layout: Pick<DataLayout, 'kubeletRoot' | 'networks' | 'containerd'>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Pick<Logger, 'warn'>;
}

/** How long the rules of Services may take to go, ms. */
const SERVICES_LIMIT_MS = 30_000;

/** Gives back what the pods of a node that ends hold of further networks: addresses and rules lie outside its directories. */
export const releaseNetworks = async ({ layout, env, logger }: ReleaseNetworksOptions): Promise<void> => {
  const networks = kubeletNetworks({
    rootDirectory: layout.kubeletRoot,
    networkDirectory: layout.networks,
    pluginDirectories: DEFAULT_PLUGIN_DIRECTORIES,
    runtimeConfDirs: [layout.containerd.cniConfigDirectory],
    env,
  });
  try {
    const { failures } = await networks.collectGarbage([]);
    for (const failure of failures) logger.warn({ ...failure }, 'Extra networks could not be released');
  } catch (error) {
    logger.warn({ err: error }, 'Extra networks could not be released');
  }
  try {
    await removeServices({ rootDirectory: layout.kubeletRoot, signal: timeoutSignal(SERVICES_LIMIT_MS) });
  } catch (error) {
    logger.warn({ err: error }, 'Rules of Services could not be removed');
  }
};
