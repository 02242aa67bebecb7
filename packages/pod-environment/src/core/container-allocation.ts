import type { Device, LinuxContainerResources, Mount } from '@solo-kubelet/cri-types';
import type { Pod } from '@solo-kubelet/pod-spec';
import { emptyMount } from './empty-mount.js';

/** What resource managers have given to one container, beyond what its manifest says. */
export interface ContainerAllocation {
  /** CPUs it may run on, as the kernel lists them: `2-3,6`. Absent: all. */
  readonly cpusetCpus?: string;
  /** NUMA nodes its memory may come from, as the kernel lists them. Absent: all. */
  readonly cpusetMems?: string;
  /** Those CPUs are its own, so neither it nor its pod is held to a CFS quota. */
  readonly exclusiveCpus?: boolean;
  /** Before those that the pod's annotations name. `permissions`: some of `rwm`. */
  readonly devices?: readonly { readonly hostPath: string; readonly containerPath: string; readonly permissions: string }[];
  /** Before the container's own mounts. */
  readonly mounts?: readonly { readonly hostPath: string; readonly containerPath: string; readonly readOnly: boolean }[];
  /** Before the container's own variables, which win. */
  readonly envs?: Readonly<Record<string, string>>;
  /** Of the container, in CreateContainer. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Fully qualified names: `vendor.com/class=device`. */
  readonly cdiDevices?: readonly string[];
}

/** What a container of a pod has been given; undefined when nothing. Asked whenever a config is made. */
export type ContainerAllocations = (podUid: string, containerName: string) => ContainerAllocation | undefined;

/** Whether some container of the pod has CPUs of its own. Upstream: podHasExclusiveCPUs in pkg/kubelet/cm/pod_container_manager_linux.go. */
export const hasExclusiveCpus = ({ metadata, spec }: Pod, allocations: ContainerAllocations): boolean =>
  [...(spec.initContainers ?? []), ...spec.containers].some(({ name }) => allocations(metadata.uid, name)?.exclusiveCpus === true);

/** The container's limits with the CPUs and memory nodes that it was given. */
export const withAllocatedResources = (
  resources: LinuxContainerResources,
  { cpusetCpus = '', cpusetMems = '', exclusiveCpus = false }: ContainerAllocation,
): LinuxContainerResources => ({ ...resources, cpusetCpus, cpusetMems, ...(exclusiveCpus ? { cpuQuota: -1n } : {}) });

export const allocatedMounts = ({ mounts = [] }: ContainerAllocation): Mount[] =>
  mounts.map(({ hostPath, containerPath, readOnly }) => ({ ...emptyMount, containerPath, hostPath, readonly: readOnly }));

export const allocatedDevices = ({ devices = [] }: ContainerAllocation): Device[] => devices.map((device) => ({ ...device }));

/** The variables of a container: those that came with its devices, under those of its manifest. */
export const withAllocatedEnvs = (
  environment: ReadonlyMap<string, string>,
  { envs = {} }: ContainerAllocation,
): ReadonlyMap<string, string> => new Map([...Object.entries(envs), ...environment]);
