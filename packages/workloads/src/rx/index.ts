export type { WorkloadStore } from './workload-store.js';
