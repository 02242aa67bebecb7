import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CgroupMount } from './cgroup-measurements.js';

/**
 * Paths of the cgroups that the runtime made in a pod's cgroup, by container id. containerd names them by the id alone, CRI-O puts `crio-` before it;
 * with the systemd driver they are scopes (`cri-containerd-<id>.scope`, `crio-<id>.scope`). CRI-O's `crio-conmon-<id>` is the monitor's, not the container's.
 */
export const containerCgroups = async (
  { mountPoint, version }: CgroupMount,
  podPath: string,
  containerIds: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const entries = await readdir(join(mountPoint, version === 2 ? '' : 'memory', podPath), { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return new Map(
    containerIds.flatMap((id): [string, string][] => {
      const own = [id, `crio-${id}`, `cri-containerd-${id}.scope`, `crio-${id}.scope`];
      const name =
        names.find((each) => own.includes(each)) ?? names.find((each) => each.endsWith(`-${id}.scope`) && !each.includes('conmon'));
      return name === undefined ? [] : [[id, `${podPath}/${name}`]];
    }),
  );
};
