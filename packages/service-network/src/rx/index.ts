export { type AllocationStore, type FileAllocationStoreOptions, fileAllocationStore, rangesOfRecord } from './allocation-store.js';
export { nftApplier, type TableApplier, tableNames } from './apply-tables.js';
export { type KernelNote, type PrepareKernelOptions, prepareKernel } from './prepare-kernel.js';
export { readListeners } from './read-listeners.js';
export { type ProgramResult, type RunProgram, type RunProgramOptions, runProgram } from './run-program.js';
export {
  createServiceNetwork,
  type SeenPod,
  type ServiceNetworkOptions,
  type ServiceNetworkOutput,
  type ServiceNetworkRunner,
  type ServiceNetworkSources,
} from './service-network-runner.js';
