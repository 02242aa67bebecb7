import type { Pod } from '@solo-kubelet/pod-spec';
import type { CgroupFigures } from './cgroup-figures.js';
import { containerCgroups } from './container-cgroup.js';
import type { NodeCgroups } from './node-cgroups.js';
import { readCgroup } from './read-cgroup.js';

export interface ContainerCgroupFigures {
  readonly name: string;
  /** Without the runtime's name before it. */
  readonly containerId: string;
  readonly image: string;
  /** RFC 3339. */
  readonly startedAt: string | undefined;
  readonly path: string;
  readonly figures: CgroupFigures;
}

export interface PodCgroupFigures {
  readonly path: string;
  readonly figures: CgroupFigures | undefined;
  /** Those that run. */
  readonly containers: readonly ContainerCgroupFigures[];
}

/** What the kernel counts of a pod and of its running containers. Undefined where pods have no cgroups. */
export const podCgroupFigures = async (cgroups: NodeCgroups, pod: Pod, nowMs: number): Promise<PodCgroupFigures | undefined> => {
  const path = cgroups.podPath(pod);
  if (path === undefined) return undefined;
  const running = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].flatMap((status) =>
    status.state?.running ? [{ ...status, id: (status.containerID ?? '').replace(/^[^:]*:\/\//, '') }] : [],
  );
  const [figures, paths] = await Promise.all([
    readCgroup(cgroups, path, nowMs),
    containerCgroups(
      cgroups,
      path,
      running.map(({ id }) => id),
    ),
  ]);
  const containers = await Promise.all(
    running.map(async ({ id, name, image, state }): Promise<readonly ContainerCgroupFigures[]> => {
      const containerPath = paths.get(id);
      const found = containerPath === undefined ? undefined : await readCgroup(cgroups, containerPath, nowMs);
      if (containerPath === undefined || !found) return [];
      return [{ name, containerId: id, image: image ?? '', startedAt: state?.running?.startedAt, path: containerPath, figures: found }];
    }),
  );
  return { path, figures, containers: containers.flat() };
};
