import { join, relative } from 'node:path';
import { type MountEntry, mountAt } from '../core/mountinfo.js';
import { PodEnvironmentError } from '../pod-environment-error.js';
import type { Mounter } from './mounter.js';
import type { RunCommand } from './run-command.js';

export interface SharedRootOptions {
  readonly mounter: Mounter;
  readonly runCommand: RunCommand;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lets mounts below a directory pass between the node and containers (mountPropagation), by binding the directory onto itself where the mount it
 * lies on is not shared. Upstream: MakeRShared in k8s.io/mount-utils.
 */
export const shareMounts = async (options: SharedRootOptions, directory: string): Promise<void> => {
  const { mounter, runCommand, timeoutMs, signal } = options;
  const holding = mountHolding(await mounter.list(), directory);
  if (holding?.shared) return;
  if (holding?.mountPoint !== directory) await mounter.mount({ source: directory, target: directory }, { signal });
  const { exitCode, stderr } = await runCommand('mount', ['--make-rshared', '--', directory], { timeoutMs, signal });
  if (exitCode === 0) return;
  throw new PodEnvironmentError({ code: 'MOUNT_FAILED', message: `cannot make the mounts below ${directory} shared: ${stderr.trim()}` });
};

/** Undoes shareMounts. A mount on the directory that is not the directory itself, such as a partition of its own, stays. */
export const unshareMounts = async ({ mounter, signal }: SharedRootOptions, directory: string): Promise<void> => {
  const mounts = await mounter.list();
  const own = mountAt(mounts, directory);
  const below = mounts.find(({ id }) => id === own?.parentId);
  if (own === undefined || below === undefined || own.device !== below.device) return;
  if (own.root === join(below.root, relative(below.mountPoint, directory))) await mounter.unmount(directory, { signal });
};

/** The mount that a directory lies on. */
const mountHolding = (mounts: readonly MountEntry[], directory: string): MountEntry | undefined =>
  mounts
    .filter(({ mountPoint }) => mountPoint === '/' || `${directory}/`.startsWith(`${mountPoint}/`))
    .reduce<MountEntry | undefined>(
      (deepest, entry) => (entry.mountPoint.length >= (deepest?.mountPoint.length ?? 0) ? entry : deepest),
      undefined,
    );
