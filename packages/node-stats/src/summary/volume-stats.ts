import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { UsageCache } from '../disk/usage-cache.js';
import { fsStats, rfc3339 } from './node-measurements.js';
import type { FsStats } from './summary.js';

/** Volume kinds whose bytes are the pod's own: emptyDir and those made of API objects. hostPath and image report nothing. */
const LOCAL_VOLUME_PLUGINS = [
  'kubernetes.io~empty-dir',
  'kubernetes.io~configmap',
  'kubernetes.io~secret',
  'kubernetes.io~downward-api',
  'kubernetes.io~projected',
];

/** `onDisk`: counted among the pod's ephemeral storage. */
export type VolumeStats = FsStats & { readonly name: string; readonly onDisk: boolean };

/** What the volumes of a pod occupy; `podDirectory` is `<root>/pods/<uid>`. `pod`: undefined when it is not known any more. */
export const volumeStats = async (podDirectory: string, pod: Pod | undefined, usages: UsageCache): Promise<readonly VolumeStats[]> => {
  const perPlugin = await Promise.all(
    LOCAL_VOLUME_PLUGINS.map(async (plugin) => {
      const directory = join(podDirectory, 'volumes', plugin);
      const names = await readdir(directory).catch(() => []);
      return Promise.all(
        names.map(async (name): Promise<VolumeStats> => {
          const path = join(directory, name);
          const { atMs, ...usage } = await usages.usageOf(path);
          const time = rfc3339(atMs);
          return { ...(await fsStats(path, time)), time, ...usage, name, onDisk: isOnDisk(plugin, name, pod) };
        }),
      );
    }),
  );
  return perPlugin.flat();
};

/** Upstream: IsLocalEphemeralVolume in pkg/volume/util/util.go. */
const isOnDisk = (plugin: string, name: string, pod: Pod | undefined): boolean => {
  if (plugin !== 'kubernetes.io~empty-dir') return plugin === 'kubernetes.io~configmap';
  return !pod?.spec.volumes?.find((volume) => volume.name === name)?.emptyDir?.medium;
};
