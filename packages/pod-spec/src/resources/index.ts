export { containerCgroupWeight, milliCpuToQuota, milliCpuToShares, podCgroupWeight } from './cpu-shares.js';
export { oomScoreAdj } from './oom-score.js';
export { type PodCgroup, type PodCgroupOptions, podCgroup } from './pod-cgroup.js';
export { isSidecar, podLimits, podRequests } from './pod-totals.js';
export { hasPodResources, podQosClass } from './qos-class.js';
export { isZero, maxLists, type ResourceList, sumLists } from './resource-list.js';
export { hugePageSize, isHugePagesName } from './resource-name.js';
