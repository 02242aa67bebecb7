import type { Pod } from '@solo-kubelet/pod-spec';
import type { CgroupMeasurements } from './cgroup-measurements.js';
import { containerCgroups } from './container-cgroup.js';
import type { NodeCgroups } from './node-cgroups.js';
import { readCgroup } from './read-cgroup.js';

export interface ContainerCgroupMeasurements {
  readonly name: string;
  /** Without the runtime's name before it. */
  readonly containerId: string;
  readonly image: string;
  /** RFC 3339. */
  readonly startedAt: string | undefined;
  readonly path: string;
  readonly measurements: CgroupMeasurements;
}

export interface PodCgroupMeasurements {
  readonly path: string;
  readonly measurements: CgroupMeasurements | undefined;
  /** Those that run. */
  readonly containers: readonly ContainerCgroupMeasurements[];
}

/** What the kernel counts of a pod and of its running containers. Undefined where pods have no cgroups. */
export const podCgroupMeasurements = async (cgroups: NodeCgroups, pod: Pod, nowMs: number): Promise<PodCgroupMeasurements | undefined> => {
  const path = cgroups.podPath(pod);
  if (path === undefined) return undefined;
  const running = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].flatMap((status) =>
    status.state?.running ? [{ ...status, id: (status.containerID ?? '').replace(/^[^:]*:\/\//, '') }] : [],
  );
  const [measurements, paths] = await Promise.all([
    readCgroup(cgroups, path, nowMs),
    containerCgroups(
      cgroups,
      path,
      running.map(({ id }) => id),
    ),
  ]);
  const containers = await Promise.all(
    running.map(async ({ id, name, image, state }): Promise<readonly ContainerCgroupMeasurements[]> => {
      const containerPath = paths.get(id);
      const found = containerPath === undefined ? undefined : await readCgroup(cgroups, containerPath, nowMs);
      if (containerPath === undefined || !found) return [];
      return [
        { name, containerId: id, image: image ?? '', startedAt: state?.running?.startedAt, path: containerPath, measurements: found },
      ];
    }),
  );
  return { path, measurements, containers: containers.flat() };
};
