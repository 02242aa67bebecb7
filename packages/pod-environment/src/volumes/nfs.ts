import { rmdir } from 'node:fs/promises';
import type { NFSVolumeSource } from '@solo-kubelet/pod-spec';
import { mountAt } from '../core/mountinfo.js';
import { makeDirectories } from '../make-directories.js';
import type { Mounter } from '../mounts/mounter.js';

/** Mounts an export with mount -t nfs, unless it is mounted already. The mount itself is never looked into: its server may be gone. */
export const prepareNfs = async (mounter: Mounter, source: NFSVolumeSource, directory: string, signal?: AbortSignal): Promise<void> => {
  if (mountAt(await mounter.list(), directory) !== undefined) return;
  await makeDirectories(directory, 0o750);
  const server = source.server?.includes(':') && !source.server.startsWith('[') ? `[${source.server}]` : source.server;
  try {
    await mounter.mount(
      { source: `${server}:${source.path}`, target: directory, fsType: 'nfs', options: source.readOnly ? ['ro'] : [] },
      { signal },
    );
  } catch (error) {
    await rmdir(directory).catch(() => undefined);
    throw error;
  }
};
