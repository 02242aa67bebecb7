import { access } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { CgroupDriver, type CriClient, CriError } from '@solo-kubelet/cri-client';

export const CGROUP_MOUNT_POINT = '/sys/fs/cgroup';

/** 2 where the unified hierarchy is mounted at the usual place; hybrid counts as 1. */
export const cgroupVersion = (mountPoint = CGROUP_MOUNT_POINT): Promise<1 | 2> =>
  access(`${mountPoint}/cgroup.controllers`).then(
    () => 2,
    () => 1,
  );

const ATTEMPTS = 3;
const PAUSE_MS = 2_000;

/** The driver that the runtime says it uses, else the configured one: upstream asks three times, two seconds apart. */
export const cgroupDriver = async (cri: CriClient, configured: string, signal: AbortSignal): Promise<'cgroupfs' | 'systemd'> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { linux } = await cri.runtime.runtimeConfig({}, { signal });
      if (linux !== undefined) return linux.cgroupDriver === CgroupDriver.SYSTEMD ? 'systemd' : 'cgroupfs';
      break;
    } catch (error) {
      if (!CriError.is(error)) throw error;
      if (error.code === 'CRI_UNIMPLEMENTED' || attempt === ATTEMPTS) break;
      await delay(PAUSE_MS, undefined, { signal });
    }
  }
  return configured === 'systemd' ? 'systemd' : 'cgroupfs';
};
