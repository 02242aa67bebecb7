export { type RuntimeCgroups, runtimeCgroupDriver } from './cgroups.js';
export { hasSwap, readText } from './read-machine.js';
