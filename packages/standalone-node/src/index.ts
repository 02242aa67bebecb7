export { type DataLayout, dataLayout, sweepTarget } from './node/data-layout.js';
export {
  endsByItself,
  type MemoryNode,
  type SimulatedNode,
  simulatedEnvironment,
  simulatedProbes,
  simulatedServiceKernel,
  startMemoryNode,
  startMemoryRuntime,
} from './node/memory-node.js';
export { type ReleaseNetworksOptions, releaseNetworks } from './node/release-networks.js';
export { type Progress, type RunningNode, type StartNodeOptions, startNode } from './node/start-node.js';
export { memoryConfiguration, upConfiguration, upFlags } from './node/up-configuration.js';
export { NodeError, type NodeErrorCode } from './node-error.js';
