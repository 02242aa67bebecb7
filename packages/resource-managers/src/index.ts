export { countNodes, everyMask, type NumaMask, nodesOf, numaMask } from './core/topology/numa-mask.js';
export type { NumaNodes } from './core/topology/numa-nodes.js';
export { anyNode, type ResourceHints, type TopologyHint } from './core/topology/topology-hint.js';
export { decideTopology, type TopologyDecision, type TopologyPolicy, type TopologyPolicyName } from './core/topology/topology-policy.js';
export { createResourceManagers, type ResourceManagers, type ResourceManagersOptions } from './create-resource-managers.js';
export { ResourceManagersError, type ResourceManagersErrorCode } from './resource-managers-error.js';
export { type AllocateOptions, type NodeResources, type Refusal, type ResourceProvider, unexpectedAdmission } from './resource-provider.js';
