export { CNI_USAGE, type CniIo } from './cni-settings.js';
export {
  type ExplainNetworkOptions,
  explainNetwork,
  type NetworkExplanation,
  type NetworkFinding,
  type NetworkProblem,
  type RuntimeNetworkStatus,
} from './explain-network.js';
export { parseYaml } from './known-networks.js';
export { type ExtraNetworksHookOptions, extraNetworksHook } from './network-hook.js';
export { runCniCommand } from './run-cni-command.js';
