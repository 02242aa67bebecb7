export type { CgroupTree } from './cgroups/cgroup-tree.js';
export { createPodEnvironment } from './create-pod-environment.js';
export type {
  CgroupDriver,
  CgroupSettings,
  CgroupVersion,
  NodeCgroupLimits,
  NodeEnvironment,
  NodeFacts,
  RuntimeHandlerFeatures,
  UserNamespaceRange,
} from './node-environment.js';
export type {
  CallOptions,
  ImageFacts,
  PodEnvironment,
  PodNotice,
  PrepareContainerInput,
  PreparedSandbox,
  VolumeUsage,
} from './pod-environment.js';
export { PodEnvironmentError, type PodEnvironmentErrorCode, type PodEnvironmentReason } from './pod-environment-error.js';
