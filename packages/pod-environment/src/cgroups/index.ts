export { CGROUP_MOUNT_POINT, detectCgroupVersion } from './detect-cgroup-version.js';
