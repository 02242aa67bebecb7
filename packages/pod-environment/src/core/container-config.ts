import type { ContainerConfig } from '@solo-kubelet/cri-types';
import { containerHash, expandVariables } from '@solo-kubelet/pod-spec';
import { bytesOfText } from './byte-text.js';
import {
  allocatedDevices,
  allocatedMounts,
  type ContainerAllocation,
  withAllocatedEnvs,
  withAllocatedResources,
} from './container-allocation.js';
import { containerMounts, type MountsInput } from './container-mounts.js';
import { type ContainerResourceSettings, containerResources } from './container-resources.js';
import { runtimeDefaultSignal } from './cri-enums.js';
import { containerDevices, podCdiDevices } from './devices.js';
import type { Environment } from './environment.js';
import { containerAnnotations, containerLabels } from './labels.js';
import { type ContainerSecurityInput, containerSecurityContext } from './security-context.js';

export interface ContainerConfigInput extends MountsInput, ContainerSecurityInput, ContainerResourceSettings {
  readonly restartCount: number;
  readonly environment: Environment;
  /** Devices that annotations may ask for. */
  readonly allowedDevices: readonly string[];
  /** What resource managers have given to the container. Default nothing. */
  readonly allocation?: ContainerAllocation | undefined;
}

/** What CreateContainer is told about a container. Upstream: generateContainerConfig in pkg/kubelet/kuberuntime/kuberuntime_container.go. */
export const buildContainerConfig = (input: ContainerConfigInput): ContainerConfig => {
  const { pod, container, restartCount, environment, image, allocation = {}, allowedDevices } = input;
  const expanded = (texts: readonly string[] = []): string[] => texts.map((text) => expandVariables(text, (name) => environment.get(name)));
  return {
    metadata: { name: container.name, attempt: restartCount },
    image: { image: image.imageId, userSpecifiedImage: container.image ?? '', annotations: {}, runtimeHandler: '', imageRef: '' },
    command: expanded(container.command),
    args: expanded(container.args),
    workingDir: container.workingDir ?? '',
    envs: [...withAllocatedEnvs(environment, allocation)].map(([key, value]) => ({ key, value: bytesOfText(value) })),
    mounts: [...allocatedMounts(allocation), ...containerMounts(input)],
    devices: [...allocatedDevices(allocation), ...containerDevices(pod, container, allowedDevices)],
    CDIDevices: [...(allocation.cdiDevices ?? []).map((name) => ({ name })), ...podCdiDevices(pod, allowedDevices)],
    labels: containerLabels(pod, container),
    annotations: { ...allocation.annotations, ...containerAnnotations(pod, container, restartCount, containerHash(container)) },
    logPath: `${container.name}/${restartCount}.log`,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    linux: {
      resources: withAllocatedResources(containerResources(pod, container, input), allocation),
      securityContext: containerSecurityContext(input),
    },
    stopSignal: runtimeDefaultSignal,
  };
};
