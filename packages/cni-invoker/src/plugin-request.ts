import type { AttachmentKey, CapabilityArgs } from './attachment.js';
import type { JsonObject } from './json.js';
import type { NetworkConfigList, PluginConfig } from './network-config.js';

export interface PluginRequestFacts {
  readonly capabilityArgs?: CapabilityArgs;
  readonly prevResult?: JsonObject;
  /** Attachments that a GC must leave alone. */
  readonly validAttachments?: readonly AttachmentKey[];
}

/**
 * What a plugin reads from its stdin (spec section 3, "Deriving request configuration from plugin configuration"): its own object
 * with `name` and `cniVersion` of the list, without `capabilities`, with `runtimeConfig` for the capabilities it declares.
 */
export const derivePluginRequest = (
  list: Pick<NetworkConfigList, 'name' | 'cniVersion'>,
  plugin: PluginConfig,
  { capabilityArgs = {}, prevResult, validAttachments }: PluginRequestFacts = {},
): JsonObject => {
  const { capabilities, ...own } = plugin;
  const declared = Object.entries((capabilities ?? {}) as Record<string, boolean>).flatMap(([name, on]) => (on ? [name] : []));
  const runtimeConfig = Object.fromEntries(declared.filter((name) => name in capabilityArgs).map((name) => [name, capabilityArgs[name]]));
  const valid = validAttachments?.map(({ containerId, ifName }) => ({ containerID: containerId, ifname: ifName }));
  return {
    ...own,
    name: list.name,
    cniVersion: list.cniVersion,
    ...(Object.keys(runtimeConfig).length > 0 && { runtimeConfig }),
    ...(prevResult && { prevResult }),
    // The second key is what plugins built before the name was settled look for.
    ...(valid && { 'cni.dev/valid-attachments': valid, 'cni.dev/attachments': valid }),
  };
};
