export { type Attachment, type AttachmentKey, type CapabilityArgs, validateAttachment } from './attachment.js';
export { type CniArgs, formatCniArgs, parseCniArgs } from './cni-args.js';
export { CniError, type CniErrorCode, type CniErrorOptions } from './cni-error.js';
export {
  type CniDns,
  type CniInterface,
  type CniIp,
  type CniResult,
  type CniRoute,
  convertResult,
  formatResult,
  parseResult,
} from './cni-result.js';
export { CNI_VERSIONS, compareVersions, LATEST_CNI_VERSION, selectVersion, versionAtLeast } from './cni-version.js';
export { type AddOptions, type CallOptions, type CniInvoker, type CniInvokerOptions, createCniInvoker } from './create-cni-invoker.js';
export { type CniCommand, execPlugin, type PluginCall, type PluginHost } from './exec-plugin.js';
export { findPlugin, lookUpPlugin } from './find-plugin.js';
export type { JsonObject, JsonValue } from './json.js';
export { ifNameFault, nameFault, validateContainerId, validateIfName, validateNetworkName } from './names.js';
export {
  type NetworkConfigList,
  type ParseConfigOptions,
  type PluginConfig,
  parseNetworkConfigList,
  parsePluginConfig,
  toNetworkConfigList,
} from './network-config.js';
export {
  type DefaultNetworkOptions,
  loadDefaultNetwork,
  loadNetwork,
  missingPlugins,
  type NetworkFile,
  readNetworkFile,
  readNetworkFiles,
} from './network-files.js';
export { addNetwork, type CniSetup, checkNetwork, collectNetwork, delNetwork, type GcReport, networkStatus } from './operations.js';
export { derivePluginRequest, type PluginRequestFacts } from './plugin-request.js';
export { askVersions, createPluginVersions, negotiateVersion, type PluginVersions } from './plugin-versions.js';
export { type CachedAttachment, deleteCached, listCached, readCachedResult, writeCached } from './result-cache.js';
export { DEFAULT_PLUGIN_TIMEOUT_MS, type RunOptions } from './run-plugin.js';
