export { addressesOfRecord } from './address-record.js';
export {
  type AllocationStore,
  type FileAllocationStoreOptions,
  fileAllocationStore,
  placesOfRecord,
  rangesOfRecord,
} from './allocation-store.js';
export {
  type AddressAnnouncer,
  type AddressAnnouncerOptions,
  type AddressLook,
  type AnnouncedAddresses,
  createAddressAnnouncer,
} from './announce-addresses.js';
export { nftApplier, type ServicePlaces, type TableApplier, tableNames } from './apply-tables.js';
export type { AddressNotes } from './ask-network.js';
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
