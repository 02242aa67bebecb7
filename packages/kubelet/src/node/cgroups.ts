import { access } from 'node:fs/promises';
import { CgroupDriver, type CriClient, CriError } from '@solo-kubelet/cri-client';
import type { Logger } from '@solo-kubelet/diagnostics';
import { delay } from '@solo-kubelet/timers';
import { parseRuntimeFacts } from '../runtime/runtime-facts.js';

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
 * The driver that the runtime says it uses, else the configured one: upstream asks RuntimeConfig three times, two seconds apart. containerd 1.x has
 * no such call; its verbose Status tells instead. `systemd` of the configuration falls back to `cgroupfs` on a machine without systemd, where no
 * pod could start.
 */
export const cgroupDriver = async (cri: CriClient, options: CgroupDriverOptions): Promise<RuntimeCgroups> => {
  const { configured, logger, hasSystemd = isBootedWithSystemd } = options;
  const { driver, runtimeTooOld } = await runtimeCgroupDriver(cri, options);
  if (driver !== undefined) {
    if (driver !== configured) logger.info({ cgroupDriver: driver }, 'Using cgroup driver setting received from the CRI runtime');
    return { driver, runtimeTooOld };
  }
  if (configured !== 'systemd') return { driver: 'cgroupfs', runtimeTooOld };
  if (await hasSystemd()) return { driver: 'systemd', runtimeTooOld };
  logger.warn({}, 'The cgroup driver systemd is configured, but systemd does not run this machine; using cgroupfs');
  return { driver: 'cgroupfs', runtimeTooOld };
};

/** What the runtime itself says; undefined when it does not say. */
export const runtimeCgroupDriver = async (
  cri: CriClient,
  { signal }: { readonly signal: AbortSignal },
): Promise<{ readonly driver: RuntimeCgroups['driver'] | undefined; readonly runtimeTooOld: boolean }> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { linux } = await cri.runtime.runtimeConfig({}, { signal });
      if (linux === undefined) return { driver: undefined, runtimeTooOld: false };
      return { driver: linux.cgroupDriver === CgroupDriver.SYSTEMD ? 'systemd' : 'cgroupfs', runtimeTooOld: false };
    } catch (error) {
      if (!CriError.is(error)) throw error;
      if (error.code === 'CRI_UNIMPLEMENTED') return { driver: await statusCgroupDriver(cri, signal), runtimeTooOld: true };
      if (attempt === ATTEMPTS) return { driver: undefined, runtimeTooOld: false };
      await delay(PAUSE_MS, undefined, { signal });
    }
  }
};

const statusCgroupDriver = async (cri: CriClient, signal: AbortSignal): Promise<RuntimeCgroups['driver'] | undefined> => {
  try {
    return parseRuntimeFacts((await cri.runtime.status({ verbose: true }, { signal })).info).cgroupDriver;
  } catch (error) {
    if (!CriError.is(error)) throw error;
    return undefined;
  }
};

const isBootedWithSystemd = (): Promise<boolean> =>
  access('/run/systemd/system').then(
    () => true,
    () => false,
  );
