import { readFile } from 'node:fs/promises';
import { type MountEntry, mountAt, parseMountInfo } from '../core/mountinfo.js';
import { PodEnvironmentError } from '../pod-environment-error.js';
import type { RunCommand } from './run-command.js';

export interface MountRequest {
  readonly source: string;
  readonly target: string;
  /** Left out for bind mounts. */
  readonly fsType?: string;
  readonly options?: readonly string[];
}

interface Abortable {
  readonly signal?: AbortSignal | undefined;
}

/** Mounts and unmounts through mount(8) and umount(8), each call with a time limit. */
export interface Mounter {
  list(): Promise<readonly MountEntry[]>;
  mount(request: MountRequest, options?: Abortable): Promise<void>;
  /** Takes the topmost mount off a path. A path that is no mount point is fine; a mount that stays throws UNMOUNT_FAILED. */
  unmount(target: string, options?: Abortable): Promise<void>;
}

export interface MounterOptions {
  readonly runCommand: RunCommand;
  readonly timeoutMs: number;
}

export const createMounter = ({ runCommand, timeoutMs }: MounterOptions): Mounter => {
  const list = async (): Promise<readonly MountEntry[]> => parseMountInfo(await readFile('/proc/self/mountinfo', 'utf8'));
  /** Targets whose umount hangs in the kernel: a second one would only hang as well. */
  const stuck = new Set<string>();
  const stays = (target: string, why: string): PodEnvironmentError =>
    new PodEnvironmentError({
      code: 'UNMOUNT_FAILED',
      message: `cannot unmount ${target}: ${why}`,
      hint: `Look for what holds it with "fuser -vm ${target}", or for a file server that does not answer.`,
    });
  return {
    list,
    async mount(request, { signal } = {}) {
      const result = await runCommand('mount', mountArguments(request), { timeoutMs, signal });
      if (result.exitCode === 0) return;
      throw new PodEnvironmentError({
        code: 'MOUNT_FAILED',
        message: `mount of ${request.source} on ${request.target} failed: ${result.stderr.trim() || `exit status ${result.exitCode}`}`,
      });
    },
    async unmount(target, { signal } = {}) {
      if (stuck.has(target)) throw stays(target, 'an earlier umount still hangs');
      const result = await runCommand('umount', ['--no-canonicalize', '--', target], { timeoutMs, signal });
      if (result.exitCode === 0 || mountAt(await list(), target) === undefined) return;
      if (result.gaveUp) {
        stuck.add(target);
        void result.ended.then(() => stuck.delete(target));
      }
      throw stays(target, result.stderr.trim() || `exit status ${result.exitCode}`);
    },
  };
};

const mountArguments = ({ source, target, fsType, options = [] }: MountRequest): readonly string[] => [
  '--no-canonicalize',
  ...(fsType === undefined ? ['--bind'] : ['-t', fsType]),
  ...(options.length === 0 ? [] : ['-o', options.join(',')]),
  '--',
  source,
  target,
];
