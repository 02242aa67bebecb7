import { access } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { CgroupDriver, type CriClient, CriError } from '@solo-kubelet/cri-client';
import type { Logger } from '@solo-kubelet/diagnostics';

export const CGROUP_MOUNT_POINT = '/sys/fs/cgroup';

/** 2 where the unified hierarchy is mounted at the usual place; hybrid counts as 1. */
export const cgroupVersion = (mountPoint = CGROUP_MOUNT_POINT): Promise<1 | 2> =>
  access(`${mountPoint}/cgroup.controllers`).then(
    () => 2,
    () => 1,
  );

const ATTEMPTS = 3;
const PAUSE_MS = 2_000;

export interface CgroupDriverOptions {
  /** `cgroupDriver` of the configuration. */
  readonly configured: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Whether systemd runs this machine. Default: as sd_booted(3) tells. */
  readonly hasSystemd?: () => Promise<boolean>;
}

export interface RuntimeCgroups {
  readonly driver: 'cgroupfs' | 'systemd';
  /** Whether the runtime cannot be asked, which Kubernetes will stop to put up with. */
  readonly runtimeTooOld: boolean;
}

/**
 * The driver that the runtime says it uses, else the configured one: upstream asks three times, two seconds apart. `systemd` falls back to
 * `cgroupfs` on a machine without systemd, where no pod could start.
 */
export const cgroupDriver = async (cri: CriClient, options: CgroupDriverOptions): Promise<RuntimeCgroups> => {
  const { configured, logger, signal, hasSystemd = isBootedWithSystemd } = options;
  let runtimeTooOld = false;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { linux } = await cri.runtime.runtimeConfig({}, { signal });
      if (linux !== undefined) return { driver: linux.cgroupDriver === CgroupDriver.SYSTEMD ? 'systemd' : 'cgroupfs', runtimeTooOld };
      break;
    } catch (error) {
      if (!CriError.is(error)) throw error;
      runtimeTooOld = error.code === 'CRI_UNIMPLEMENTED';
      if (runtimeTooOld || attempt === ATTEMPTS) break;
      await delay(PAUSE_MS, undefined, { signal });
    }
  }
  if (configured !== 'systemd') return { driver: 'cgroupfs', runtimeTooOld };
  if (await hasSystemd()) return { driver: 'systemd', runtimeTooOld };
  logger.warn({}, 'The cgroup driver systemd is configured, but systemd does not run this machine; using cgroupfs');
  return { driver: 'cgroupfs', runtimeTooOld };
};

const isBootedWithSystemd = (): Promise<boolean> =>
  access('/run/systemd/system').then(
    () => true,
    () => false,
  );
