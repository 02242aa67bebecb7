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
  Prepared,
  PreparedConfig,
  VolumeUsage,
} from './pod-environment.js';
export { PodEnvironmentError, type PodEnvironmentErrorCode, type PodEnvironmentReason } from './pod-environment-error.js';
