import type { ContainerAllocation } from '@solo-kubelet/pod-environment';

/** What several providers have given to one container, together; undefined when none has anything to say. */
export const mergeAllocations = (parts: readonly ContainerAllocation[]): ContainerAllocation | undefined => {
  if (parts.length <= 1) return parts[0];
  return {
    ...(Object.assign({}, ...parts) as ContainerAllocation),
    devices: parts.flatMap(({ devices = [] }) => devices),
    mounts: parts.flatMap(({ mounts = [] }) => mounts),
    envs: Object.assign({}, ...parts.map(({ envs }) => envs)) as Record<string, string>,
    annotations: Object.assign({}, ...parts.map(({ annotations }) => annotations)) as Record<string, string>,
    cdiDevices: parts.flatMap(({ cdiDevices = [] }) => cdiDevices),
  };
};
