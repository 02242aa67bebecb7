import type { Logger } from '@solo-kubelet/diagnostics';
import type { Clock } from './clock.js';
import type { PluginLimits } from './connect-plugin.js';

export interface DeviceManagerOptions {
  /** Where kubelet.sock is served, plugins have their sockets and the checkpoint is kept. Default `/var/lib/kubelet/device-plugins`. */
  readonly directory?: string;
  /** Where plugins may be found instead, by the plugin registration protocol: `<root>/plugins_registry`. Default: nowhere. */
  readonly registryDirectory?: string | undefined;
  /** Time limits of calls to plugins, ms. */
  readonly limits?: Partial<PluginLimits>;
  /** How long the devices of a plugin that is gone still count as capacity, ms. Default 300 000, as upstream's endpointStopGracePeriod. */
  readonly gracePeriodMs?: number;
  /** Timers. Default: those of Node.js. */
  readonly clock?: Clock;
  /** Default: silence. */
  readonly logger?: Logger;
}
