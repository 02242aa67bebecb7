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
  SecurityProfileType,
  Signal,
  SupplementalGroupsPolicy,
} from '@solo-kubelet/cri-types';
