export type { SeenPod } from '../core/expand/sync-workload.js';
export type { ShownRevision, WorkloadView } from '../core/expand/view-of-workload.js';
export type { ChildClaim, ChildPod, WorkloadEntry, WorkloadMemory } from '../core/expand/workload-entry.js';
export { type ClaimStore, type FileClaimStoreOptions, fileClaimStore } from './claim-store.js';
export { type FileWorkloadStoreOptions, fileWorkloadStore } from './file-workload-store.js';
export { type ClaimFeedback, type ClaimsOptions, type ClaimsOutput, runClaims } from './run-claims.js';
export { runWorkloads } from './run-workloads.js';
export { type AboutWorkload, type PodFeedback, WORKLOAD_SOURCE, type WorkloadOutput, type WorkloadsOptions } from './workload-output.js';
export type { WorkloadStore } from './workload-store.js';
