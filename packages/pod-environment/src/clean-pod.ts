import { lstat } from 'node:fs/promises';
import { describeError } from '@solo-kubelet/diagnostics';
import { removeTree } from '@solo-kubelet/untrusted-files';
import { mountsBelow } from './core/mountinfo.js';
import type { PodPaths } from './core/pod-paths.js';
import type { Mounter } from './mounts/mounter.js';
import { PodEnvironmentError } from './pod-environment-error.js';

/**
 * Unmounts everything below a pod's directory, whoever mounted it.
 * @throws PodEnvironmentError UNMOUNT_FAILED as long as one mount stays
 */
export const unmountAll = async (mounter: Mounter, { podDir }: PodPaths, signal?: AbortSignal): Promise<void> => {
  const problems: unknown[] = [];
  for (const { mountPoint } of mountsBelow(await mounter.list(), podDir)) {
    signal?.throwIfAborted();
    await mounter.unmount(mountPoint, { signal }).catch((error: unknown) => problems.push(error));
  }
  const left = mountsBelow(await mounter.list(), podDir).map(({ mountPoint }) => mountPoint);
  if (left.length === 0) return;
  throw new PodEnvironmentError({
    code: 'UNMOUNT_FAILED',
    cause: problems[0],
    message: `nothing of ${podDir} is deleted, for it is still mounted: ${left.join(', ')}${problems.length > 0 ? ` (${describeError(problems[0])})` : ''}`,
    hint: 'Unmount it by hand, or end what holds it; the clean-up is tried again.',
  });
};

/** Unmounts what a pod has mounted and deletes its directory. As long as one mount stays nothing is deleted at all: behind it lie other people's files. */
export const removePodDirectory = async (mounter: Mounter, paths: PodPaths, signal?: AbortSignal): Promise<void> => {
  const { podDir } = paths;
  const present = await lstat(podDir).catch(() => undefined);
  if (present === undefined) return;
  await unmountAll(mounter, paths, signal);
  try {
    await removeTree(podDir, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw new PodEnvironmentError({ code: 'CLEANUP_FAILED', cause: error, message: `cannot delete ${podDir}: ${describeError(error)}` });
  }
};
