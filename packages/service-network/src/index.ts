export { type AddressPool, parseAddressPool } from './core/address-pool.js';
export { type Allocation, type AllocationSettings, type Allocations, serviceKey } from './core/allocate-services.js';
export { computePolicyTables, type PolicyTablesInput } from './core/compute-policy-tables.js';
export type { ServiceRecord, ServiceRecords } from './core/dns-records.js';
export { type EndpointPod, endpointPod } from './core/endpoint-pod.js';
export { type EndpointSlicesInput, endpointSlices, podsOfServices } from './core/endpoint-slices.js';
export { type HealthCheck, healthChecks } from './core/health-checks.js';
export { type IpRange, parseIpRange } from './core/ip-range.js';
export { deriveServiceRecords, type ServiceRecordsInput } from './core/join-records.js';
export {
  decideConnection,
  type NetworkPoliciesInput,
  type PolicyConnection,
  type PolicyDecision,
  type PolicyEnd,
  type PolicySet,
  type PolicyStep,
  readPolicies,
} from './core/network-policy.js';
export { type NftChain, type NftSet, type NftTable, tableChangeScript, wholeTableScript } from './core/nft-table.js';
export { type PoliciesInForce, policiesInForce } from './core/policies-in-force.js';
export {
  computeServiceNetwork,
  type ServiceNetwork,
  type ServiceNetworkInput,
  type ServiceNode,
  type ServicePart,
} from './core/service-network.js';
export type { ServiceProblem } from './core/service-problems.js';
export { type ServiceFacts, serviceVariables } from './core/service-variables.js';
export { type Trace, type TraceHop, type TraceInput, traceConnection } from './core/trace-connection.js';
