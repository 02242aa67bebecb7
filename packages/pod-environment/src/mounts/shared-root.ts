import { mountAt } from '../core/mountinfo.js';
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
 * Makes mounts below a directory pass between the node and containers (mountPropagation), by binding the directory onto itself where the mount it
 * lies on is not shared. Upstream: doMakeRShared in pkg/volume/util/subpath.
 */
export const shareMounts = async ({ mounter, runCommand, timeoutMs, signal }: SharedRootOptions, directory: string): Promise<void> => {
  const mounts = await mounter.list();
  const holding = mounts
    .filter(({ mountPoint }) => contains(mountPoint, directory))
    .reduce((deepest, entry) => (entry.mountPoint.length >= deepest.mountPoint.length ? entry : deepest), mounts[0] ?? missing());
  if (holding.shared) return;
  if (holding.mountPoint !== directory) await mounter.mount({ source: directory, target: directory }, { signal });
  const { exitCode, stderr } = await runCommand('mount', ['--make-rshared', directory], { timeoutMs, signal });
  if (exitCode !== 0)
    throw new PodEnvironmentError({ code: 'MOUNT_FAILED', message: `cannot make the mounts below ${directory} shared: ${stderr.trim()}` });
};

/** Undoes shareMounts. */
export const unshareMounts = async ({ mounter, signal }: SharedRootOptions, directory: string): Promise<void> => {
  const own = mountAt(await mounter.list(), directory);
  // Only a bind mount of the directory itself is ours: its root inside the file system is the directory, not the file system's root.
  if (own?.shared && own.root !== '/') await mounter.unmount(directory, { signal });
};

const contains = (mountPoint: string, path: string): boolean =>
  mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`);

const missing = (): never => {
  throw new PodEnvironmentError({ code: 'MOUNT_FAILED', message: '/proc/self/mountinfo lists no mounts' });
};
