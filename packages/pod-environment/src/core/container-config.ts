import type { ContainerConfig } from '@solo-kubelet/cri-client';
import { containerHash, expandVariables } from '@solo-kubelet/pod-spec';
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
}

/** What CreateContainer is told about a container. Upstream: generateContainerConfig in pkg/kubelet/kuberuntime/kuberuntime_container.go. */
export const buildContainerConfig = (input: ContainerConfigInput): ContainerConfig => {
  const { pod, container, restartCount, environment, image } = input;
  const expanded = (texts: readonly string[] = []): string[] => texts.map((text) => expandVariables(text, (name) => environment.get(name)));
  return {
    metadata: { name: container.name, attempt: restartCount },
    image: { image: image.imageId, userSpecifiedImage: container.image ?? '', annotations: {}, runtimeHandler: '', imageRef: '' },
    command: expanded(container.command),
    args: expanded(container.args),
    workingDir: container.workingDir ?? '',
    envs: [...environment].map(([key, value]) => ({ key, value: Buffer.from(value) })),
    mounts: containerMounts(input),
    devices: containerDevices(pod, container),
    CDIDevices: podCdiDevices(pod),
    labels: containerLabels(pod, container),
    annotations: containerAnnotations(pod, container, restartCount, containerHash(container)),
    logPath: `${container.name}/${restartCount}.log`,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    linux: { resources: containerResources(pod, container, input), securityContext: containerSecurityContext(input) },
    stopSignal: runtimeDefaultSignal,
  };
};
