import { PodEnvironmentError } from '../pod-environment-error.js';

/** Where everything of a pod lies below the kubelet's root directory. Upstream: pkg/kubelet/kubelet_getters.go. */
export interface PodPaths {
  readonly podDir: string;
  readonly volumesDir: string;
  readonly pluginsDir: string;
  readonly containersDir: string;
  readonly subPathsDir: string;
  readonly etcHosts: string;
  readonly userns: string;
  /** Empty file that says that the directory is Solo Kubelet's (docs/decisions/057). */
  readonly ownerMarker: string;
  volumeDir(plugin: VolumePlugin, volumeName: string): string;
  /** Empty file that says an emptyDir is complete. */
  readyMarker(volumeName: string): string;
  subPath(volumeName: string, containerName: string, index: number): string;
  containerDir(containerName: string): string;
}

export type VolumePlugin =
  | 'kubernetes.io~empty-dir'
  | 'kubernetes.io~downward-api'
  | 'kubernetes.io~projected'
  | 'kubernetes.io~configmap'
  | 'kubernetes.io~secret'
  | 'kubernetes.io~local-volume'
  | 'kubernetes.io~nfs';

export const podPaths = (rootDir: string, podUid: string): PodPaths => {
  const podDir = `${rootDir}/pods/${checkedPodUid(podUid)}`;
  const volumesDir = `${podDir}/volumes`;
  const pluginsDir = `${podDir}/plugins`;
  const containersDir = `${podDir}/containers`;
  const subPathsDir = `${podDir}/volume-subpaths`;
  return {
    podDir,
    volumesDir,
    pluginsDir,
    containersDir,
    subPathsDir,
    etcHosts: `${podDir}/etc-hosts`,
    userns: `${podDir}/userns`,
    ownerMarker: `${podDir}/solo-kubelet`,
    volumeDir: (plugin, volumeName) => `${volumesDir}/${plugin}/${volumeName}`,
    readyMarker: (volumeName) => `${pluginsDir}/kubernetes.io~empty-dir/${volumeName}/ready`,
    subPath: (volumeName, containerName, index) => `${subPathsDir}/${volumeName}/${containerName}/${index}`,
    containerDir: (containerName) => `${containersDir}/${containerName}`,
  };
};

/** `<podLogsDir>/<namespace>_<name>_<uid>`. */
export const podLogDirectory = (podLogsDir: string, namespace: string, name: string, podUid: string): string =>
  `${podLogsDir}/${namespace}_${name}_${podUid}`;

/**
 * A UID names directories and cgroups, so it must be one plain path element (upstream panics on `/`, docs/decisions/051). With `_` it may be that of
 * a pod from before such UIDs were refused, which can still be cleaned up.
 */
export const isPodUid = (podUid: string): boolean => /^[A-Za-z0-9._:-]{1,200}$/.test(podUid) && podUid !== '.' && podUid !== '..';

/** The UID of a pod that is to be prepared. `_` separates the parts of log directories' names. */
export const checkedNewPodUid = (podUid: string): string => {
  if (isPodUid(podUid) && !podUid.includes('_')) return podUid;
  throw unusable(podUid);
};

const checkedPodUid = (podUid: string): string => {
  if (isPodUid(podUid)) return podUid;
  throw unusable(podUid);
};

const unusable = (podUid: string): PodEnvironmentError =>
  new PodEnvironmentError({
    code: 'POD_DIRECTORIES_FAILED',
    retryable: false,
    message: `metadata.uid "${podUid}" cannot name a directory`,
    hint: 'Use letters, digits, ".", ":" and "-" only, or leave metadata.uid out.',
  });
