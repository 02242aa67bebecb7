import { rmdir } from 'node:fs/promises';
import type { NFSVolumeSource } from '@solo-kubelet/pod-spec';
import { mountAt } from '../core/mountinfo.js';
import { makeDirectories } from '../make-directories.js';
import type { Mounter } from '../mounts/mounter.js';
import { PodEnvironmentError } from '../pod-environment-error.js';

/** Mounts an export with mount -t nfs, unless it is mounted already. The mount itself is never looked into: its server may be gone. */
export const prepareNfs = async (
  mounter: Mounter,
  source: NFSVolumeSource,
  directory: string,
  { signal, options = [] }: { readonly signal?: AbortSignal | undefined; readonly options?: readonly string[] | undefined } = {},
): Promise<void> => {
  if (mountAt(await mounter.list(), directory) !== undefined) return;
  // mount(8) would take it for an option.
  if (source.server?.startsWith('-')) {
    throw new PodEnvironmentError({
      code: 'VOLUME_SETUP_FAILED',
      retryable: false,
      message: `"${source.server}" is not the name of an NFS server`,
    });
  }
  await makeDirectories(directory, 0o750);
  const server = source.server?.includes(':') && !source.server.startsWith('[') ? `[${source.server}]` : source.server;
  try {
    await mounter.mount(
      { source: `${server}:${source.path}`, target: directory, fsType: 'nfs', options: [...(source.readOnly ? ['ro'] : []), ...options] },
      { signal },
    );
  } catch (error) {
    await rmdir(directory).catch(() => undefined);
    throw error;
  }
};
