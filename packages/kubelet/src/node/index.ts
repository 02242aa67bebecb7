export { CGROUP_MOUNT_POINT, cgroupVersion, type RuntimeCgroups, runtimeCgroupDriver } from './cgroups.js';
export { hasSwap, readText } from './read-machine.js';
