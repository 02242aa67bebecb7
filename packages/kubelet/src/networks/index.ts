export { portHolder } from '../services/port-holder.js';
export { removeServices } from '../services/remove-services.js';
export type { NetworkFinding } from './explain-network.js';
export { findNetwork, knownNetworks } from './known-networks.js';
export { DEFAULT_NETWORK_DIRECTORY, DEFAULT_PLUGIN_DIRECTORIES, kubeletNetworks, networkStateDirectory } from './kubelet-networks.js';
export { explainRuntimeNetwork, notReadyMessage, type RuntimeNetwork, readRuntimeNetwork } from './runtime-network.js';
