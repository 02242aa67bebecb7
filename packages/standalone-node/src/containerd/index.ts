export { type BinarySearch, type BinarySearchOptions, type ContainerdBinaries, findContainerdBinaries } from './binaries.js';
export { importImages } from './import-images.js';
export { type ContainerdLayout, containerdLayout } from './layout.js';
export { type PodNetworkOptions, pickSubnet, subnetCandidates } from './pod-network.js';
export { findDaemon, processesOf } from './processes.js';
export { removeAllPods } from './remove-all-pods.js';
export { type PrivateContainerd, type StartContainerdOptions, startContainerd } from './start-containerd.js';
export { findLeftovers, type SweepTarget, sweep } from './sweep.js';
