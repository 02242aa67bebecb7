import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@solo-kubelet/diagnostics';
import { createPluginHost, type PluginHost } from '@solo-kubelet/probe-engine/plugin';

const OWN_DIRECTORY = dirname(fileURLToPath(import.meta.url));

/** Loads the probe plugins that --probe-plugin names: packages installed beside `resolveFrom`, or paths of modules. One that cannot be loaded is told of and left out. */
export const probePlugins = async (
  packages: readonly string[],
  { logger, resolveFrom = OWN_DIRECTORY }: { readonly logger: Logger; readonly resolveFrom?: string },
): Promise<PluginHost> => {
  const host = await createPluginHost({ packages, resolveFrom, logger });
  for (const { package: plugin, message } of host.failures) logger.error({ plugin, err: message }, 'Cannot load a probe plugin');
  for (const { field } of host.handlers) logger.info({ kind: field }, 'Probe plugin loaded');
  return host;
};
