// CRI's enumerations, without the codecs of its messages.
export {
  CgroupDriver,
  ContainerEventType,
  ContainerState,
  MetricType,
  MountPropagation,
  NamespaceMode,
  PodSandboxState,
  Protocol,
  SecurityProfile_ProfileType as SecurityProfileType,
  Signal,
  SupplementalGroupsPolicy,
} from '../gen/cri-v1-enums.js';
