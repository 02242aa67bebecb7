export type { CgroupTree } from './cgroups/cgroup-tree.js';
export type { CgroupVersion } from './core/cgroup-files.js';
export { type CgroupName, cgroupPath, cgroupRootName, kubepodsName, podCgroupName, type QosClass, qosName } from './core/cgroup-names.js';
export type { ContainerAllocation, ContainerAllocations } from './core/container-allocation.js';
export { buildContainerConfig, type ContainerConfigInput } from './core/container-config.js';
export { type HostPort, hostPortsConflict, podHostPorts } from './core/host-ports.js';
export { podAddresses } from './core/ip-families.js';
export {
  type ConfigMapLike,
  configMapFiles,
  type ObjectFile,
  type ObjectFilesOptions,
  type ObjectFilesResult,
  type SecretLike,
  secretFiles,
} from './core/object-files.js';
export type { ClaimAnswer, ClaimedVolume, ClaimRequest, PodObjects, TokenRequest } from './core/pod-objects.js';
export { podLogDirectory } from './core/pod-paths.js';
export { type PodImageVolume, podImageVolumes } from './core/pod-volumes.js';
export { expandProbeCommand } from './core/probe-command.js';
export { buildSandboxConfig, type SandboxConfigInput } from './core/sandbox-config.js';
export { requiresAppArmor } from './core/security-profiles.js';
export { defaultSysctlNamespace, normalizeSysctl, type SysctlPolicy, sysctlNamespace, unsafeSysctls } from './core/sysctls.js';
export { createPodEnvironment } from './create-pod-environment.js';
export type { CommandOptions, CommandResult, RunCommand } from './mounts/run-command.js';
export type {
  CgroupDriver,
  CgroupSettings,
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
export { type SubordinateIdOptions, subordinateIdRange } from './subordinate-ids.js';
