export { type CpuSet, formatCpuSet, parseCpuSet } from './core/cpu/cpu-set.js';
export type { CpuPlace, CpuTopology } from './core/cpu/cpu-topology.js';
export { type ReadSysFile, readCpuTopology } from './core/cpu/read-cpu-topology.js';
export { parseGoBoolean, parseStaticOptions, type StaticPolicyOptions } from './core/cpu/static-options.js';
export { chooseReservedCpus } from './core/cpu/static-policy.js';
export { countNodes, everyMask, type NumaMask, nodesOf, numaMask } from './core/topology/numa-mask.js';
export type { NumaNodes } from './core/topology/numa-nodes.js';
export { readNumaNodes } from './core/topology/read-numa-nodes.js';
export { anyNode, type ResourceHints, type TopologyHint } from './core/topology/topology-hint.js';
export { decideTopology, type TopologyDecision, type TopologyPolicy, type TopologyPolicyName } from './core/topology/topology-policy.js';
export {
  type CpuManager,
  type CpuManagerMetrics,
  type CpuManagerOptions,
  checkNoCpuState,
  createCpuManager,
} from './create-cpu-manager.js';
export { createResourceManagers, type ResourceManagers, type ResourceManagersOptions } from './create-resource-managers.js';
export { ResourceManagersError, type ResourceManagersErrorCode } from './resource-managers-error.js';
export {
  type AllocateOptions,
  type NodeResources,
  type Rejection,
  type ResourceProvider,
  unexpectedAdmission,
} from './resource-provider.js';
export { type StateFile, stateFile } from './state-file.js';
