import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { UsageCache } from '../disk/usage-cache.js';
import { fsStats, rfc3339 } from './node-measurements.js';
import type { FsStats } from './summary.js';

/** Volume kinds whose bytes are the pod's own (upstream: emptyDir and the API-object kinds; hostPath and image report nothing). */
const LOCAL_VOLUME_PLUGINS = ['kubernetes.io~empty-dir', 'kubernetes.io~downward-api', 'kubernetes.io~projected'];

/** `onDisk`: counted among the pod's ephemeral storage. */
export type VolumeStats = FsStats & { readonly name: string; readonly onDisk: boolean };

/** What the volumes of a pod occupy; `podDirectory` is `<root>/pods/<uid>`. */
export const volumeStats = async (podDirectory: string, usages: UsageCache): Promise<readonly VolumeStats[]> => {
  const perPlugin = await Promise.all(
    LOCAL_VOLUME_PLUGINS.map(async (plugin) => {
      const directory = join(podDirectory, 'volumes', plugin);
      const names = await readdir(directory).catch(() => []);
      return Promise.all(
        names.map(async (name): Promise<VolumeStats> => {
          const path = join(directory, name);
          const { atMs, ...usage } = await usages.usageOf(path);
          const time = rfc3339(atMs);
          return { ...(await fsStats(path, time)), time, ...usage, name, onDisk: plugin === 'kubernetes.io~empty-dir' };
        }),
      );
    }),
  );
  return perPlugin.flat();
};
