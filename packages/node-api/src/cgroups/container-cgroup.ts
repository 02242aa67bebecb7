import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CgroupMount } from './cgroup-figures.js';

/**
 * Paths of the cgroups that the runtime made in a pod's cgroup, by container id. Runtimes name them by the id alone, or put a word before
 * it and `.scope` behind it with the systemd driver (`cri-containerd-<id>.scope`, `crio-<id>.scope`).
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
      const name = names.find((each) => each === id || each.endsWith(`-${id}.scope`));
      return name === undefined ? [] : [[id, `${podPath}/${name}`]];
    }),
  );
};
