import { join } from 'node:path';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import type { Pod, Volume } from '@solo-kubelet/pod-spec';
import { hugePageSize, memoryVolumeSize } from '../core/memory-volume.js';
import { mountAt } from '../core/mountinfo.js';
import { isLiveVolume, objectPayload } from '../core/object-payload.js';
import type { PodObjects } from '../core/pod-objects.js';
import type { PodPaths } from '../core/pod-paths.js';
import { nestedMountDirectories, volumeKind } from '../core/pod-volumes.js';
import type { ResolvedVolume } from '../core/resolve-claims.js';
import { makeDirectories } from '../make-directories.js';
import type { Mounter } from '../mounts/mounter.js';
import { PodEnvironmentError } from '../pod-environment-error.js';
import { writeAtomically } from './atomic-writer.js';
import { type EmptyDirRequest, prepareEmptyDir } from './empty-dir.js';
import { applyFsGroup } from './fs-group.js';
import { prepareHostPath } from './host-path.js';
import { localPath, prepareLocal } from './local.js';
import { prepareNfs } from './nfs.js';

export interface VolumeContext {
  readonly pod: Pod;
  readonly paths: PodPaths;
  readonly mounter: Mounter;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly objects: PodObjects | undefined;
  readonly nowMs: number;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
}

/** The host directory (or file) of a volume; undefined for an image volume, which the runtime mounts. */
export const volumeHostPath = (volume: ResolvedVolume, paths: PodPaths): string | undefined => {
  switch (volumeKind(volume)) {
    case 'emptyDir':
      return paths.volumeDir('kubernetes.io~empty-dir', volume.name);
    case 'downwardAPI':
      return paths.volumeDir('kubernetes.io~downward-api', volume.name);
    case 'projected':
      return paths.volumeDir('kubernetes.io~projected', volume.name);
    case 'configMap':
      return paths.volumeDir('kubernetes.io~configmap', volume.name);
    case 'secret':
      return paths.volumeDir('kubernetes.io~secret', volume.name);
    case 'nfs':
      return paths.volumeDir('kubernetes.io~nfs', volume.name);
    case 'local':
      return volume.local && localPath(volume.local, paths.volumeDir('kubernetes.io~local-volume', volume.name));
    case 'hostPath':
      return volume.hostPath?.path;
    case 'image':
    case 'persistentVolumeClaim':
    case 'ephemeral':
    case 'unsupported':
      return undefined;
  }
};

/** Makes a volume ready for use, or leaves it alone when it is. Every failure names the volume. */
export const setUpVolume = async (volume: ResolvedVolume, context: VolumeContext): Promise<void> => {
  // A claim's own words name the volume already.
  if (volume.claimError !== undefined) throw new PodEnvironmentError({ code: 'VOLUME_SETUP_FAILED', message: volume.claimError });
  try {
    await setUp(volume, context);
  } catch (error) {
    if (context.signal?.aborted) throw error;
    const known = PodEnvironmentError.is(error) ? error : undefined;
    throw new PodEnvironmentError({
      code: known?.code ?? 'VOLUME_SETUP_FAILED',
      retryable: known?.retryable ?? true,
      ...(known?.hint === undefined ? {} : { hint: known.hint }),
      cause: error,
      message: `MountVolume.SetUp failed for volume "${volume.persistentVolume ?? volume.name}" : ${describeError(error)}`,
    });
  }
};

/** Writes what changed of a live volume. Where an object that it shows has gone, it keeps what it has: what runs, runs on. */
export const refreshVolume = async (volume: Volume, context: VolumeContext): Promise<void> => {
  if (!isLiveVolume(volume)) return;
  try {
    await objectPayload(volume, context);
  } catch (error) {
    const { pod, logger } = context;
    const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
    logger.warn({ pod: name, volume: volume.name, err: describeError(error) }, 'A volume keeps its contents: they cannot be made anew');
    return;
  }
  await setUpVolume(volume, context);
};

const setUp = async (volume: ResolvedVolume, context: VolumeContext): Promise<void> => {
  const { paths, mounter, signal } = context;
  const directory = volumeHostPath(volume, paths) ?? '';
  switch (volumeKind(volume)) {
    case 'emptyDir':
      return prepareEmptyDir(mounter, emptyDirRequest(volume, directory, context));
    case 'downwardAPI':
    case 'projected':
    case 'configMap':
    case 'secret':
      return setUpObjectVolume(volume, directory, context);
    case 'hostPath':
      if (volume.hostPath) await prepareHostPath(volume.hostPath);
      return;
    case 'nfs':
      if (volume.nfs) await prepareNfs(mounter, volume.nfs, directory, { signal, options: volume.nfsOptions });
      return;
    case 'local':
      if (volume.local) await setUpLocal(volume.local, volume.name, directory, context);
      return;
    case 'persistentVolumeClaim':
    case 'ephemeral':
      throw new PodEnvironmentError({ code: 'VOLUME_SETUP_FAILED', message: 'PVC is not bound' });
    case 'image':
      return;
    case 'unsupported':
      throw new PodEnvironmentError({ code: 'VOLUME_UNSUPPORTED', retryable: false, message: 'no volume plugin matched' });
  }
};

const emptyDirRequest = (volume: Volume, directory: string, context: VolumeContext): EmptyDirRequest => {
  const { pod, paths, allocatable, signal } = context;
  const medium = volume.emptyDir?.medium ?? '';
  return {
    directory,
    readyMarker: paths.readyMarker(volume.name),
    fileSystem: memoryFileSystem(pod, medium, volume.emptyDir?.sizeLimit, allocatable),
    mode: volume.emptyDir?.mode,
    own: ownership(directory, false, context),
    signal,
  };
};

const memoryFileSystem = (
  pod: Pod,
  medium: string,
  sizeLimit: string | undefined,
  allocatable: Readonly<Record<string, string>>,
): EmptyDirRequest['fileSystem'] => {
  if (medium === '') return undefined;
  if (medium === 'Memory') {
    const size = memoryVolumeSize(pod, sizeLimit, allocatable);
    return { fsType: 'tmpfs', options: size === undefined ? [] : [`size=${size}`] };
  }
  if (medium.startsWith('HugePages')) return { fsType: 'hugetlbfs', options: [`pagesize=${hugePageSize(pod, medium)}`] };
  throw new PodEnvironmentError({ code: 'VOLUME_UNSUPPORTED', retryable: false, message: `unknown storage medium "${medium}"` });
};

const setUpLocal = async (
  volume: NonNullable<ResolvedVolume['local']>,
  volumeName: string,
  directory: string,
  context: VolumeContext,
): Promise<void> => {
  const { pod, paths, mounter, signal } = context;
  const { fsGroup, fsGroupChangePolicy: changePolicy } = pod.spec.securityContext ?? {};
  const target = paths.volumeDir('kubernetes.io~local-volume', volumeName);
  await prepareLocal(mounter, { volume, target, grouped: fsGroup !== undefined, signal });
  await ownership(directory, false, context, changePolicy)?.();
};

/** Files that are replaced at one stroke whenever they change: those of a ConfigMap on disk, all others in memory. */
const setUpObjectVolume = async (volume: Volume, directory: string, context: VolumeContext): Promise<void> => {
  const { pod, paths, mounter, allocatable, nowMs, signal } = context;
  const payload = await objectPayload(volume, context);
  const own = ownership(directory, true, context);
  await prepareEmptyDir(mounter, {
    directory,
    readyMarker: paths.readyMarker(`wrapped_${volume.name}`),
    fileSystem: volume.configMap ? undefined : memoryFileSystem(pod, 'Memory', undefined, allocatable),
    own,
    signal,
  });
  for (const name of nestedMountDirectories(pod, volume.name)) await makeDirectories(join(directory, name), 0o755);
  await writeAtomically(directory, payload, { nowMs, beforeSwitch: own });
};

/**
 * Gives a volume in memory the size that its pod's limits leave it now, where they were changed while the pod runs. One that holds more than that keeps
 * its size: nothing of a running container is taken away.
 */
export const resizeMemoryVolume = async (volume: Volume, context: VolumeContext): Promise<void> => {
  const { emptyDir } = volume;
  const directory = volumeHostPath(volume, context.paths);
  if (emptyDir?.medium !== 'Memory' || directory === undefined) return;
  const { pod, mounter, allocatable, signal, logger } = context;
  const size = memoryVolumeSize(pod, emptyDir.sizeLimit, allocatable);
  if (size === undefined || mountAt(await mounter.list(), directory)?.fsType !== 'tmpfs') return;
  try {
    await mounter.mount({ source: 'tmpfs', target: directory, fsType: 'tmpfs', options: ['remount', `size=${size}`] }, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    const { namespace, name, uid } = pod.metadata;
    logger.warn(
      { pod: `${namespace}/${name}`, podUid: uid, volume: volume.name, err: describeError(error) },
      'A volume in memory keeps its size: it cannot be changed to the new one',
    );
  }
};

/** Gives a directory to the pod's fsGroup; undefined for a pod without one. Entries that cannot be given are logged, as upstream. */
const ownership = (
  directory: string,
  readOnly: boolean,
  { pod, signal, logger }: VolumeContext,
  changePolicy: 'Always' | 'OnRootMismatch' = 'Always',
): (() => Promise<void>) | undefined => {
  const fsGroup = pod.spec.securityContext?.fsGroup;
  if (fsGroup === undefined) return undefined;
  return async () => {
    const failures = await applyFsGroup({ directory, fsGroup: Number(fsGroup), readOnly, changePolicy, signal });
    if (failures.length === 0) return;
    const { namespace, name, uid } = pod.metadata;
    logger.warn(
      { pod: `${namespace}/${name}`, podUid: uid, path: directory, count: failures.length, err: failures[0] },
      'fsGroup could not be set everywhere',
    );
  };
};
