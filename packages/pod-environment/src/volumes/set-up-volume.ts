import { join } from 'node:path';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import type { Pod, Volume } from '@solo-kubelet/pod-spec';
import { downwardFiles, isDownwardVolume } from '../core/downward-files.js';
import { hugePageSize, memoryVolumeSize } from '../core/memory-volume.js';
import type { PodPaths } from '../core/pod-paths.js';
import { nestedMountDirectories, volumeKind } from '../core/pod-volumes.js';
import { makeDirectories } from '../make-directories.js';
import type { Mounter } from '../mounts/mounter.js';
import { PodEnvironmentError } from '../pod-environment-error.js';
import { type Payload, writeAtomically } from './atomic-writer.js';
import { type EmptyDirRequest, prepareEmptyDir } from './empty-dir.js';
import { applyFsGroup } from './fs-group.js';
import { prepareHostPath } from './host-path.js';
import { prepareNfs } from './nfs.js';

export interface VolumeContext {
  readonly pod: Pod;
  readonly paths: PodPaths;
  readonly mounter: Mounter;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly nowMs: number;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
}

/** The host directory (or file) of a volume; undefined for an image volume, which the runtime mounts. */
export const volumeHostPath = (volume: Volume, paths: PodPaths): string | undefined => {
  switch (volumeKind(volume)) {
    case 'emptyDir':
      return paths.volumeDir('kubernetes.io~empty-dir', volume.name);
    case 'downwardAPI':
      return paths.volumeDir('kubernetes.io~downward-api', volume.name);
    case 'projected':
      return paths.volumeDir('kubernetes.io~projected', volume.name);
    case 'nfs':
      return paths.volumeDir('kubernetes.io~nfs', volume.name);
    case 'hostPath':
      return volume.hostPath?.path;
    case 'image':
    case 'unsupported':
      return undefined;
  }
};

/** Makes a volume ready for use, or leaves it alone when it is. Every failure names the volume. */
export const setUpVolume = async (volume: Volume, context: VolumeContext): Promise<void> => {
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
      message: `MountVolume.SetUp failed for volume "${volume.name}" : ${describeError(error)}`,
    });
  }
};

/** Writes what changed of a downwardAPI or projected volume. */
export const refreshVolume = async (volume: Volume, context: VolumeContext): Promise<void> => {
  if (isDownwardVolume(volume)) await setUpVolume(volume, context);
};

const setUp = async (volume: Volume, context: VolumeContext): Promise<void> => {
  const { paths, mounter, signal } = context;
  const directory = volumeHostPath(volume, paths) ?? '';
  switch (volumeKind(volume)) {
    case 'emptyDir':
      return prepareEmptyDir(mounter, emptyDirRequest(volume, directory, context));
    case 'downwardAPI':
    case 'projected':
      return setUpDownward(volume, directory, context);
    case 'hostPath':
      if (volume.hostPath) await prepareHostPath(volume.hostPath);
      return;
    case 'nfs':
      if (volume.nfs) await prepareNfs(mounter, volume.nfs, directory, signal);
      return;
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

/** A tmpfs whose files are replaced at one stroke whenever they change. */
const setUpDownward = async (volume: Volume, directory: string, context: VolumeContext): Promise<void> => {
  const { pod, paths, mounter, allocatable, nowMs, signal } = context;
  const payload: Payload = new Map(
    downwardFiles(pod, volume, allocatable).map(({ path, text, mode }) => [path, { data: Buffer.from(text), mode }]),
  );
  const own = ownership(directory, true, context);
  await prepareEmptyDir(mounter, {
    directory,
    readyMarker: paths.readyMarker(`wrapped_${volume.name}`),
    fileSystem: memoryFileSystem(pod, 'Memory', undefined, allocatable),
    own,
    signal,
  });
  for (const name of nestedMountDirectories(pod, volume.name)) await makeDirectories(join(directory, name), 0o755);
  await writeAtomically(directory, payload, { nowMs, beforeSwitch: own });
};

/** Gives a directory to the pod's fsGroup; undefined for a pod without one. Entries that cannot be given are logged, as upstream. */
const ownership = (directory: string, readOnly: boolean, { pod, signal, logger }: VolumeContext): (() => Promise<void>) | undefined => {
  const fsGroup = pod.spec.securityContext?.fsGroup;
  if (fsGroup === undefined) return undefined;
  return async () => {
    const failures = await applyFsGroup({ directory, fsGroup: Number(fsGroup), readOnly, signal });
    if (failures.length === 0) return;
    const { namespace, name, uid } = pod.metadata;
    logger.warn(
      { pod: `${namespace}/${name}`, podUid: uid, path: directory, count: failures.length, err: failures[0] },
      'fsGroup could not be set everywhere',
    );
  };
};
