export { CNI_USAGE, type CniIo } from './cni-settings.js';
export {
  type ExplainNetworkOptions,
  explainNetwork,
  type NetworkExplanation,
  type NetworkFinding,
  type NetworkProblem,
  type RuntimeNetworkStatus,
} from './explain-network.js';
export { runCniCommand } from './run-cni-command.js';
