import type { Container, Pod } from '@solo-kubelet/pod-spec';
import type { Environment } from './core/environment.js';
import type { PodPaths } from './core/pod-paths.js';
import { mountSubPath } from './core/sub-path-expression.js';
import type { Mounter } from './mounts/mounter.js';
import { volumeHostPath } from './volumes/set-up-volume.js';
import { bindSubPath } from './volumes/sub-path.js';

export interface ContainerSubPathsInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly environment: Environment;
  readonly paths: PodPaths;
  readonly mounter: Mounter;
  readonly signal?: AbortSignal | undefined;
}

export interface ContainerSubPaths {
  /** Host path of each volumeMount by index; undefined for image volumes and for volumes that the pod does not have. */
  readonly hostPaths: readonly (string | undefined)[];
  /** Expanded subPath of each volumeMount by index. */
  readonly subPaths: readonly string[];
}

/** Where each volumeMount of a container comes from, its subPath bound to a place of our own. */
export const containerSubPaths = async ({
  pod,
  container,
  environment,
  paths,
  mounter,
  signal,
}: ContainerSubPathsInput): Promise<ContainerSubPaths> => {
  const hostPaths: (string | undefined)[] = [];
  const subPaths: string[] = [];
  for (const [index, volumeMount] of (container.volumeMounts ?? []).entries()) {
    const volume = pod.spec.volumes?.find(({ name }) => name === volumeMount.name);
    const volumePath = volume && volumeHostPath(volume, paths);
    const subPath = mountSubPath(volumeMount, environment);
    subPaths.push(subPath);
    if (volumePath === undefined || subPath === '') {
      hostPaths.push(volumePath);
      continue;
    }
    const target = paths.subPath(volumeMount.name, container.name, index);
    const request = { volumePath, subPath, target, volumeName: volumeMount.name, containerName: container.name, signal };
    hostPaths.push(await bindSubPath(mounter, request));
  }
  return { hostPaths, subPaths };
};
