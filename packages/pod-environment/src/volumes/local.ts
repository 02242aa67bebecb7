import { stat } from 'node:fs/promises';
import { mountAt } from '../core/mountinfo.js';
import type { ClaimedVolume } from '../core/pod-objects.js';
import { makeDirectories } from '../make-directories.js';
import type { Mounter } from '../mounts/mounter.js';
import { PodEnvironmentError } from '../pod-environment-error.js';

type LocalVolume = Extract<ClaimedVolume, { type: 'local' }>;

export interface LocalRequest {
  readonly volume: LocalVolume;
  /** Where it is mounted if it has options of its own. */
  readonly target: string;
  /** Whether the pod gives the directory to a group of its own: nobody else needs to get in then. */
  readonly grouped: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Where the data of a local volume is reached: its own place, unless it is to be mounted with options. */
export const localPath = ({ path, mountOptions = [] }: LocalVolume, target: string): string => (mountOptions.length > 0 ? target : path);

/** Makes the directory of a claim that was made for it; anybody else's must be there. Upstream: pkg/volume/local. */
export const prepareLocal = async (mounter: Mounter, { volume, target, grouped, signal }: LocalRequest): Promise<void> => {
  const { path, made, mountOptions = [] } = volume;
  if ((await stat(path).catch(() => undefined)) === undefined) {
    if (!made) throw new PodEnvironmentError({ code: 'VOLUME_SETUP_FAILED', message: `path "${path}" does not exist` });
    await makeDirectories(path, grouped ? 0o770 : 0o777);
  }
  if (mountOptions.length === 0 || mountAt(await mounter.list(), target) !== undefined) return;
  await makeDirectories(target, 0o750);
  await mounter.mount({ source: path, target, fsType: 'none', options: ['bind', ...mountOptions] }, { signal });
};
